/** An equation of the catalogue, typeset as MathML; the typesetter is loaded with the first one. */

import { useEffect, useRef } from "react";
import styles from "./equation.module.css";

export function Equation({ latex }: { latex: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let isCurrent = true;
    const element = place.current;
    void import("katex").then(({ default: katex }) => {
      if (!isCurrent || element === null) return;
      katex.render(latex, element, { output: "mathml", displayMode: true, throwOnError: false });
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
