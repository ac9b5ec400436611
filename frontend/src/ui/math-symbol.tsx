/** A hyperparameter's symbol, as in the papers. */

import { parseSymbol } from "../format/symbols";
import styles from "./math-symbol.module.css";

export function MathSymbol({ latex }: { latex: string }) {
  const { base, subscript } = parseSymbol(latex);
  if (base === "") return null;
  return (
    <i className={styles.symbol}>
      {base}
      {subscript !== "" && <sub>{subscript}</sub>}
    </i>
  );
}
