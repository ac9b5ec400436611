/** On top of every printed page of the dashboard: from where, and when. */

import { formatMoment } from "../../format/durations";
import { usePrinting } from "../../ui/printing";
import styles from "./shell.module.css";

export function PrintLine() {
  if (!usePrinting()) return null;
  return (
    <p className={styles.printLine}>
      <strong>Matinee</strong>
      <span>{window.location.href}</span>
      <span>printed {formatMoment(new Date().toISOString())}</span>
    </p>
  );
}
