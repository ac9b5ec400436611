/** Numbers for people: one way to write each kind, everywhere. */

/** Between a number and its unit: no line break. */
export const UNIT_SPACE = "\u00a0";
const MINUS = "\u2212";

const PREFIXES = [
  { factor: 1e12, symbol: "T" },
  { factor: 1e9, symbol: "G" },
  { factor: 1e6, symbol: "M" },
  { factor: 1e3, symbol: "k" },
] as const;

const EXACT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** Every digit, in groups of three: 1,400,000. */
export function formatExactCount(value: number): string {
  return EXACT.format(value);
}

/** Three significant digits and a prefix: 412 k, 1.40 M. Small counts stay as they are. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  // 999.5 k would be printed as "1000 k".
  const prefix = PREFIXES.find(({ factor }) => size >= factor * 0.9995);
  if (prefix === undefined || size < 1000) return trimmed(value, size < 10 ? 2 : 0);
  const scaled = value / prefix.factor;
  const digits = Math.abs(scaled) >= 99.95 ? 0 : Math.abs(scaled) >= 9.995 ? 1 : 2;
  return `${withMinus(scaled.toFixed(digits))}${UNIT_SPACE}${prefix.symbol}`;
}

/** A setting as a person would type it: 7e-4, 0.99, 1e8. Never rounded beyond six digits. */
export function formatSetting(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.01 || size >= 1e6) {
    const [mantissa = "", exponent = ""] = value.toExponential(5).split("e");
    return `${Number(mantissa)}e${Number(exponent)}`;
  }
  return String(Number(value.toPrecision(6)));
}

/** A measured value with about three significant digits, for read-outs and axes. */
export function formatMeasured(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e15)) {
    const [mantissa = "", exponent = ""] = value.toExponential(1).split("e");
    return withMinus(`${Number(mantissa)}e${Number(exponent)}`);
  }
  if (size >= 1e4) return formatCount(value);
  if (size >= 100) return withMinus(value.toFixed(0));
  if (size >= 10) return withMinus(value.toFixed(1));
  if (size >= 1) return withMinus(value.toFixed(2));
  return withMinus(value.toFixed(3));
}

/** A share of 1 as a whole percentage; never 100 % before it is all. */
export function formatShare(share: number): string {
  const percent = share >= 1 ? 100 : Math.min(99, Math.floor(share * 100));
  return `${percent}${UNIT_SPACE}%`;
}

/** A number that a person typed, or null. Accepts 3e-4, .5, 1_000, 1,000 and −1. */
export function parseNumber(text: string): number | null {
  const plain = text
    .trim()
    .replaceAll(MINUS, "-")
    .replace(/(?<=\d)[_,\u00a0 ](?=\d{3})/g, "");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return null;
  const value = Number(plain);
  return Number.isFinite(value) ? value : null;
}

function trimmed(value: number, digits: number): string {
  return withMinus(String(Number(value.toFixed(digits))));
}

function withMinus(text: string): string {
  return text.startsWith("-") ? MINUS + text.slice(1) : text;
}
