/** The policy that learns against the one that acted. */

/** μ_ε(a) = (1 − ε) π(a) + ε / |A|. */
export function behaviour(probability: number, epsilon: number, actions: number): number {
  return (1 - epsilon) * probability + epsilon / actions;
}

/** ρ = π(a) / μ_ε(a). */
export function importanceRatio(probability: number, epsilon: number, actions: number): number {
  const acted = behaviour(probability, epsilon, actions);
  // Nobody would do it: without random actions both are the same policy.
  return acted === 0 ? 1 : probability / acted;
}

/** What ρ stays below, whatever the policy: 1 / (1 − ε). */
export function ratioBound(epsilon: number): number {
  return 1 / (1 - epsilon);
}

/** PPO's term of one action: min(r A, clip(r, 1 − ϵ, 1 + ϵ) A). */
export function clippedSurrogate(ratio: number, advantage: number, clip: number): number {
  const limited = Math.min(1 + clip, Math.max(1 - clip, ratio));
  return Math.min(ratio * advantage, limited * advantage);
}
