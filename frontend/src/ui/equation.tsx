/** An equation of the catalogue; the typesetter is loaded with the first one. */

import { useEffect, useRef } from "react";
import styles from "./equation.module.css";

export function Equation({ latex }: { latex: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let isCurrent = true;
    const element = place.current;
    void import("./typesetter").then(({ typeset }) => {
      if (isCurrent && element !== null) typeset(latex, element, "display");
    });
    return () => {
      isCurrent = false;
    };
  }, [latex]);
  return (
    <div ref={place} className={styles.equation}>
      {latex}
    </div>
  );
}
