/** Workers that pull, work and push in turn, and how old each push is when it arrives. */

export interface Push {
  readonly worker: number;
  /** Pushes of all workers before it pulled. */
  readonly pulledVersion: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  /** Pushes of others between its pull and its own push. */
  readonly lag: number;
}

/**
 * Pushes in the order in which they arrive.
 *
 * @param durations time from pull to push of each worker; the first pulls are spread evenly over
 *   the shortest, as they are after a while when nobody waits for anybody
 */
export function interleaved(durations: readonly number[], pushes: number): Push[] {
  const spread = Math.min(...durations) / durations.length;
  const workers = durations.map((duration, worker) => ({
    duration,
    worker,
    startedAt: worker * spread,
    pulledVersion: 0,
  }));
  const done: Push[] = [];
  // Who pulls for the first time pulls what has arrived by then.
  while (done.length < pushes) {
    const next = workers.reduce((first, each) =>
      each.startedAt + each.duration < first.startedAt + first.duration ? each : first,
    );
    const { worker, startedAt, pulledVersion } = next;
    const finishedAt = startedAt + next.duration;
    done.push({ worker, pulledVersion, startedAt, finishedAt, lag: done.length - pulledVersion });
    next.startedAt = finishedAt;
    next.pulledVersion = done.length;
  }
  return done;
}
