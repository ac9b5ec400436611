/** Sets LaTeX as mathematics, with MathML beside it for screen readers. Heavy: load it lazily. */

import "./katex.css";
import katex from "katex";

export function typeset(latex: string, place: HTMLElement, style: "display" | "inline"): void {
  katex.render(latex, place, {
    displayMode: style === "display",
    output: "htmlAndMathml",
    throwOnError: false,
  });
}
