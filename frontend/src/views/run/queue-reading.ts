/** What the gauge of the queue says. */

const NEARLY_FULL = 0.9;
const NEARLY_EMPTY = 0.1;
const LAGGING = 0.8;
/** The needle's ends: a quarter, and four times. */
const BALANCE_ENDS = 4;

/** Place of learned per acted samples on a logarithmic track: 0.5 is one for one. */
export function balancePosition(balance: number): number {
  if (!(balance > 0)) return 0;
  const share = Math.log(balance) / Math.log(BALANCE_ENDS);
  return Math.min(1, Math.max(0, 0.5 + share / 2));
}

/** @param fill depth as a share of the capacity */
export function queueVerdict(fill: number, balance: number | null): string {
  if (fill >= NEARLY_FULL) {
    return "Nearly full: environment threads wait. Try more optimizer threads or larger batches.";
  }
  if (balance !== null && balance < LAGGING) {
    return "Less is learned than acted: segments are dropped, or the queue is filling.";
  }
  if (fill <= NEARLY_EMPTY) return "Nearly empty: optimizer threads wait for segments.";
  return "Acting and learning keep pace.";
}
