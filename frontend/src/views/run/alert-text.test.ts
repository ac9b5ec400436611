import { describe, expect, it } from "vitest";
import type { AlertRule } from "../../api/types";
import type { ShownAlert } from "../../live/run-view";
import {
  alertLabel,
  byGravity,
  isUrgent,
  lastingText,
  movedThreshold,
  troubleCount,
} from "./alert-text";

const ALERT: ShownAlert = {
  name: "policy_lag",
  severity: "warning",
  message: "90 updates",
  hint: "fewer workers",
  raised_at: "2026-01-02T03:04:05Z",
  since_env_step: 62_200,
  value: 90,
  threshold: 25,
  clearedAtEnvStep: null,
  clearedAt: null,
};
const RULE: AlertRule = {
  name: "policy_lag",
  label: "stale gradients",
  severity: "warning",
  algorithms: ["a3c"],
  signal: "policy_lag",
  statistic: "mean",
  side: "above",
  threshold: 25,
  minimum: 1,
  maximum: 1000,
  unit: "updates",
  over_updates: 0,
  over_env_steps: 0,
  for_s: 3,
  after_updates: 0,
  after_budget: 0,
  unless_solved: false,
  once: false,
  meaning: "",
  hint: "",
  equation: "",
  source: "own",
};
const AT = Date.parse(ALERT.raised_at);

describe("an alert", () => {
  it("is called as its rule, or as well as can be", () => {
    expect(alertLabel("policy_lag", [RULE])).toBe("stale gradients");
    expect(alertLabel("of_tomorrow", [RULE])).toBe("of tomorrow");
  });

  it("says since when and for how long; in an ended run, that it never was over", () => {
    expect(lastingText(ALERT, AT + 31_000, "auto")).toBe("since step 62.2\u00a0k, for 31\u00a0s");
    expect(lastingText(ALERT, null, "auto")).toBe("since step 62.2\u00a0k, until the end");
    const cleared = { ...ALERT, clearedAtEnvStep: 70_000, clearedAt: "2026-01-02T03:04:09Z" };
    expect(lastingText(cleared, AT + 99_000, "auto")).toBe(
      "step 62.2\u00a0k to 70.0\u00a0k, for 4.0\u00a0s",
    );
  });

  it("lasts as long in the unit that somebody chose", () => {
    expect(lastingText(ALERT, AT + 90_000, "seconds")).toContain("for 90\u00a0s");
    expect(lastingText(ALERT, AT + 90_000, "minutes")).toContain("for 1.50\u00a0min");
  });

  it("never lasts less than nothing, whatever the clocks say", () => {
    expect(lastingText(ALERT, AT - 5_000, "auto")).toContain("for 0.0");
  });

  it("says that its threshold has been moved since", () => {
    expect(movedThreshold(ALERT, 25, RULE)).toBeNull();
    expect(movedThreshold(ALERT, undefined, RULE)).toBeNull();
    expect(movedThreshold({ ...ALERT, name: "solved" }, 0.5, RULE)).toBeNull();
    expect(movedThreshold(ALERT, 40, RULE)).toBe("The threshold is 40 now.");
    const share = { ...RULE, unit: "of updates" };
    expect(movedThreshold(ALERT, 0.4, share)).toBe("The threshold is 40\u00a0% now.");
    expect(movedThreshold(ALERT, 40, undefined)).toBe("The threshold is 40 now.");
  });
});

describe("several alerts", () => {
  it("come with the gravest first, of equals the newest", () => {
    const critical = { ...ALERT, name: "nan", severity: "critical" } as const;
    const newer = { ...ALERT, name: "newer" };
    const order = byGravity([ALERT, critical, newer]).map(({ name }) => name);
    expect(order).toEqual(["nan", "newer", "policy_lag"]);
  });

  it("are counted without good news, which is urgent all the same", () => {
    const solved = { ...ALERT, name: "solved", severity: "info" } as const;
    const hint = { ...ALERT, name: "clip", severity: "info" } as const;
    expect(troubleCount([solved, hint, ALERT])).toBe(2);
    expect([solved, hint, ALERT].map(isUrgent)).toEqual([true, false, true]);
  });
});
