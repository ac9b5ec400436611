/** Numbers within typeset equations. */

/** About three digits; a negative one in brackets, since a sign may stand before it. */
export function numberLatex(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 1 : size >= 1 ? 2 : 3;
  const text = String(Number(value.toFixed(digits)));
  return value < 0 && Number(text) !== 0 ? `(${text})` : text.replace("-", "");
}
