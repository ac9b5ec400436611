/** A softmax policy, its entropy, and how both move with the logits. */

/** π_j = exp z_j / Σ_k exp z_k, with the greatest logit taken off first, so that nothing overflows. */
export function softmax(logits: readonly number[]): number[] {
  const top = Math.max(...logits);
  const weights = logits.map((z) => Math.exp(z - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** H = −Σ π log π in nats; what never happens counts nothing. */
export function entropy(probabilities: readonly number[]): number {
  const parts = probabilities.map((p) => (p > 0 ? p * Math.log(p) : 0));
  return Math.abs(parts.reduce((sum, part) => sum + part, 0));
}

/** H / log |A|: 1 is undecided, 0 is decided. */
export function entropyShare(probabilities: readonly number[]): number {
  return entropy(probabilities) / Math.log(probabilities.length);
}

/** ∂ log π(a) / ∂z_j = 1[j = a] − π_j. */
export function score(probabilities: readonly number[], action: number): number[] {
  return probabilities.map((p, j) => (j === action ? 1 : 0) - p);
}

/** The logits after one step along A ∇ log π(a). */
export function stepped(
  logits: readonly number[],
  action: number,
  advantage: number,
  rate: number,
): number[] {
  const slope = score(softmax(logits), action);
  return logits.map((z, j) => z + rate * advantage * (slope[j] ?? 0));
}
