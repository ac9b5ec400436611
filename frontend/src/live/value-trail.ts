/** V of the last steps, for a strip: whatever is older is forgotten. */

export const TRAIL_STEPS = 300;

export interface TrailPoint {
  readonly value: number;
  /** An episode begins here. */
  readonly isFirst: boolean;
}

export class ValueTrail {
  #points: TrailPoint[] = [];

  get points(): readonly TrailPoint[] {
    return this.#points;
  }

  /**
   * @param values before each step since the last frame, in order
   * @param length steps of the present episode so far: older values are of the one before
   */
  add(values: readonly number[], length: number): void {
    const begin = length === 0 ? null : values.length - length;
    const added = values.map((value, index) => ({ value, isFirst: index === begin }));
    this.#points = [...this.#points, ...added].slice(-TRAIL_STEPS);
  }

  clear(): void {
    this.#points = [];
  }
}

/** The least and the greatest, with some room; null: there is none. */
export function trailExtent(points: readonly TrailPoint[]): readonly [number, number] | null {
  const values = points.map(({ value }) => value).filter(Number.isFinite);
  if (values.length === 0) return null;
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = Math.max((high - low) * 0.08, Math.abs(high) * 1e-3, 1e-6);
  return [low - room, high + room];
}
