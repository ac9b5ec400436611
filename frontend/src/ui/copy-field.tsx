/** A text to take away: shown whole, with a button that copies it wherever that can be done. */

import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import styles from "./copy-field.module.css";
import { Icon } from "./icons";

interface CopyFieldProps {
  /** What it is, in the middle of a sentence. */
  readonly what: string;
  readonly text: string;
  /** Has the focus as soon as it is there. */
  readonly isFirst?: boolean;
}

const COPIED_FOR_MS = 2_000;

export function CopyField({ what, text, isFirst = false }: CopyFieldProps) {
  const place = useRef<HTMLElement>(null);
  const [outcome, setOutcome] = useState<"copied" | "selected" | null>(null);
  useEffect(() => {
    if (outcome !== "copied") return;
    const timer = setTimeout(() => setOutcome(null), COPIED_FOR_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => {
    setOutcome((await copied(text, place.current)) ? "copied" : "selected");
  };
  return (
    <div className={styles.field}>
      <code ref={place} className={styles.text}>
        {text}
      </code>
      <Button
        aria-label={`Copy ${what}`}
        autoFocus={isFirst}
        leftSection={<Icon name={outcome === "copied" ? "check" : "copy"} size={14} />}
        onClick={() => void copy()}
      >
        {outcome === "copied" ? "Copied" : "Copy"}
      </Button>
      <p className={styles.outcome} role="status">
        {outcome === "copied" && <span className="visually-hidden">Copied</span>}
        {outcome === "selected" &&
          "This browser does not let the page copy here. The text is selected: copy it by hand."}
      </p>
    </div>
  );
}

/** Whether it could be done; if not, the text is selected. */
async function copied(text: string, element: HTMLElement | null): Promise<boolean> {
  // There is no clipboard for pages that come by http from another machine.
  if ("clipboard" in navigator) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Forbidden here: there is the old way.
    }
  }
  if (element === null) return false;
  window.getSelection()?.selectAllChildren(element);
  return document.execCommand("copy");
}
