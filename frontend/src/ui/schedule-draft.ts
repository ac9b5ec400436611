/** What a person types into the schedule editor, and the setting it stands for. */

import type { Scalar, Setting } from "../api/types";
import { formatSetting, parseNumber } from "../format/numbers";

export const SCHEDULE_KINDS = ["constant", "linear", "cosine", "exponential", "piecewise"] as const;
export type ScheduleKind = (typeof SCHEDULE_KINDS)[number];

export interface DraftPoint {
  readonly id: number;
  readonly envStep: string;
  readonly value: string;
}

export interface ScheduleDraft {
  readonly kind: ScheduleKind;
  readonly from: string;
  readonly to: string;
  readonly until: string;
  /** Env steps from now to the ramp's end; if it is not empty, `until` follows from it. */
  readonly over: string;
  readonly points: readonly DraftPoint[];
}

/** How far ahead a fresh ramp reaches. */
const FRESH_RAMP_STEPS = 100_000;
const FRESH_RAMP_FACTOR = 0.1;

/** The editor's first content: the present schedule, or a ramp from the present value. */
export function openDraft(setting: Setting, value: Scalar, envStep: number): ScheduleDraft {
  const now = typeof value === "number" ? value : 0;
  const fresh: ScheduleDraft = {
    kind: "constant",
    from: formatSetting(now),
    to: formatSetting(now * FRESH_RAMP_FACTOR),
    until: String(Math.round(envStep + FRESH_RAMP_STEPS)),
    over: "",
    points: [
      { id: 0, envStep: "0", value: formatSetting(now) },
      {
        id: 1,
        envStep: String(Math.round(envStep + FRESH_RAMP_STEPS)),
        value: formatSetting(now * FRESH_RAMP_FACTOR),
      },
    ],
  };
  if (typeof setting !== "object") return fresh;
  if (setting.schedule === "piecewise") {
    const points = setting.points.map((point, id) => ({
      id,
      envStep: String(point.env_step),
      value: formatSetting(point.value),
    }));
    return { ...fresh, kind: "piecewise", points };
  }
  return {
    ...fresh,
    kind: setting.schedule,
    from: formatSetting(setting.from),
    to: formatSetting(setting.to),
    until: String(setting.until_env_step),
  };
}

/** Where the ramp ends, as text, for somebody who looks at `envStep`. */
export function untilText({ until, over }: ScheduleDraft, envStep: number): string {
  if (over.trim() === "") return until;
  const steps = parseNumber(over);
  return steps === null ? "" : String(Math.round(envStep + steps));
}

/**
 * The setting, or in words what is missing. A ramp begins where it is applied.
 *
 * @param envStep of the run now, from which the env steps ahead are counted
 */
export function readDraft(
  draft: ScheduleDraft,
  envStep: number,
): { setting: Setting } | { missing: string } {
  const from = parseNumber(draft.from);
  if (draft.kind === "piecewise") return readPoints(draft.points);
  if (from === null) return { missing: "The first value is not a number." };
  if (draft.kind === "constant") return { setting: from };
  const to = parseNumber(draft.to);
  const until = parseNumber(untilText(draft, envStep));
  if (to === null) return { missing: "The last value is not a number." };
  if (until === null || !Number.isInteger(until)) {
    return { missing: "The env step where it ends is not a whole number." };
  }
  return {
    setting: { schedule: draft.kind, from, to, from_env_step: null, until_env_step: until },
  };
}

function readPoints(points: readonly DraftPoint[]): { setting: Setting } | { missing: string } {
  const read = points.map((point) => ({
    env_step: parseNumber(point.envStep),
    value: parseNumber(point.value),
  }));
  const whole: { env_step: number; value: number }[] = [];
  for (const { env_step, value } of read) {
    if (env_step === null || !Number.isInteger(env_step) || value === null) {
      return { missing: "Each point needs a whole env step and a number." };
    }
    whole.push({ env_step, value });
  }
  whole.sort((a, b) => a.env_step - b.env_step);
  return { setting: { schedule: "piecewise", points: whole } };
}
