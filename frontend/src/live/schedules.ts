/** What a schedule is worth at an env step: the same curves as the trainer's. */

import type { Scalar, Schedule, Setting } from "../api/types";

export function isSchedule(setting: Setting): setting is Schedule {
  return typeof setting === "object";
}

/**
 * The value of a setting at `envStep`.
 *
 * @param appliedAt env step at which it was applied: where a ramp without `from_env_step` begins
 */
export function settingValue(setting: Setting, envStep: number, appliedAt: number): Scalar {
  if (!isSchedule(setting)) return setting;
  if (setting.schedule === "piecewise") {
    const passed = setting.points.filter((point) => point.env_step <= envStep);
    return (passed.at(-1) ?? setting.points[0])?.value ?? 0;
  }
  const begin = setting.from_env_step ?? appliedAt;
  const share = (envStep - begin) / Math.max(1, setting.until_env_step - begin);
  const f = Math.min(1, Math.max(0, share));
  switch (setting.schedule) {
    case "linear":
      return setting.from + (setting.to - setting.from) * f;
    case "cosine":
      return setting.to + (setting.from - setting.to) * 0.5 * (1 + Math.cos(Math.PI * f));
    case "exponential":
      return setting.from * (setting.to / setting.from) ** f;
  }
}

/** Whether two settings ask for the same thing. */
export function sameSetting(a: Setting, b: Setting): boolean {
  if (!isSchedule(a) || !isSchedule(b)) return a === b;
  if (a.schedule === "piecewise" || b.schedule === "piecewise") {
    return (
      a.schedule === "piecewise" &&
      b.schedule === "piecewise" &&
      a.points.length === b.points.length &&
      a.points.every((point, i) => {
        const other = b.points[i];
        return point.env_step === other?.env_step && point.value === other.value;
      })
    );
  }
  return (
    a.schedule === b.schedule &&
    a.from === b.from &&
    a.to === b.to &&
    (a.from_env_step ?? null) === (b.from_env_step ?? null) &&
    a.until_env_step === b.until_env_step
  );
}
