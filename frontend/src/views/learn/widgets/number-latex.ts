/** Numbers within typeset equations. */

/** About three digits. */
export function resultLatex(value: number): string {
  const text = numberLatex(value);
  return text.startsWith("(") ? text.slice(1, -1) : text;
}

/** The same, a negative one in brackets, since a sign may stand before it. */
export function numberLatex(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 1 : size >= 10 ? 2 : 3;
  const text = String(Number(value.toFixed(digits)));
  return value < 0 && Number(text) !== 0 ? `(${text})` : text.replace("-", "");
}
