import { describe, expect, it } from "vitest";
import type { RiskyChange } from "../../live/risky-change";
import { rewindOffer } from "./rewind-offer";

const risky: RiskyChange = {
  seq: 7,
  checkpointId: "k",
  checkpointEnvStep: 412_000,
  changes: {
    learning_rate: { before: 3e-3, after: 0.3, live_class: "live_with_warning", applies: true },
  },
  collapsedSeq: null,
};
const labels = new Map([["learning_rate", "learning rate"]]);

describe("a rewind is offered", () => {
  it("after a risky change, for a while", () => {
    expect(rewindOffer(risky, labels, 6)).toEqual({
      key: "7",
      tone: "warning",
      title: "learning rate 3e-3 → 0.3",
      words: "A checkpoint of just before it was saved, at step 412\u00a0k.",
      target: { id: "k", env_step: 412_000, abandoned: false },
      shownForMs: 30_000,
    });
  });

  it("once more if the return collapses after it, until that is over", () => {
    const offer = rewindOffer({ ...risky, collapsedSeq: 9 }, labels, 6);
    expect(offer).toMatchObject({ key: "7 9", tone: "critical", shownForMs: null });
    expect(offer?.words).toContain("learning rate 3e-3 → 0.3");
  });

  it("not for what was there when the page was opened", () => {
    expect(rewindOffer(risky, labels, 7)).toBeNull();
    expect(rewindOffer({ ...risky, collapsedSeq: 9 }, labels, 9)).toBeNull();
    expect(rewindOffer({ ...risky, collapsedSeq: 9 }, labels, 8)).not.toBeNull();
    expect(rewindOffer(null, labels, 0)).toBeNull();
  });
});
