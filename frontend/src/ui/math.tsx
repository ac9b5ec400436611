/** Mathematics within a text that is all about it. Brings the typesetter: only for lazy pages. */

import { useLayoutEffect, useRef, useState } from "react";
import styles from "./math.module.css";
import { typeset } from "./typesetter";

/** In a line of text. */
export function InlineMath({ latex }: { latex: string }) {
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (place.current !== null) typeset(latex, place.current, "inline");
  }, [latex]);
  return <span ref={place} className={styles.inline} />;
}

/** On a line of its own, which scrolls where it does not fit. */
export function DisplayMath({ latex }: { latex: string }) {
  const place = useRef<HTMLDivElement>(null);
  const [isWide, setIsWide] = useState(false);
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return;
    typeset(latex, element, "display");
    const measure = () => setIsWide(element.scrollWidth > element.clientWidth);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    // Its fonts come later, and are narrower or wider than those before.
    document.fonts.addEventListener("loadingdone", measure);
    return () => {
      observer.disconnect();
      document.fonts.removeEventListener("loadingdone", measure);
    };
  }, [latex]);
  // What scrolls must be reachable by keyboard; what does not would only be in the way.
  const reachable = isWide
    ? { tabIndex: 0, role: "group", "aria-label": "Equation, scrolls sideways" }
    : {};
  return <div ref={place} className={styles.display} {...reachable} />;
}
