import { describe, expect, it } from "vitest";
import type { ViewFrame, ViewStatus } from "../../api/types";
import { absenceText, branchesOf, pictureText, speedOf, weightsText } from "./agent-text";

const FRAME = { episode: 3, length: 12, env_step: 412_000, checkpoint_id: null, unseen: null };
const frame = (changes: object = {}) => ({ ...FRAME, ...changes }) as ViewFrame;
const status = (changes: object = {}) =>
  ({ state: "playing", checkpoint_id: null, speed: 1, reason: null, ...changes }) as ViewStatus;
const OPEN = { name: "open" } as const;

describe("what stands in place of a picture", () => {
  it.each([
    [{ name: "connecting" } as const, null, null, "Connecting…"],
    [OPEN, status({ state: "waiting" }), null, "There are no weights yet: it must train first."],
    [OPEN, status({ state: "starting" }), null, "The agent enters…"],
    [OPEN, status({ state: "failed", reason: "it died" }), frame(), "it died"],
    [{ name: "lost" } as const, null, null, "The server does not answer. Trying again…"],
    [{ name: "refused", reason: "full" } as const, null, null, "It can't be watched: full"],
    [OPEN, status(), frame({ unseen: "it can't draw itself" }), "it can't draw itself"],
    [OPEN, status(), frame(), null],
  ])("says in each state what is the matter", (phase, told, seen, text) => {
    expect(absenceText(phase, told, seen)).toBe(text);
  });
});

describe("words of the agent view", () => {
  it("tell whose weights play", () => {
    expect(weightsText(frame(), status())).toBe("step 412\u00a0k, live");
    expect(weightsText(frame({ checkpoint_id: "x" }), status())).toContain("newest checkpoint");
    expect(weightsText(frame({ checkpoint_id: "x" }), status({ checkpoint_id: "x" }))).toBe(
      "step 412\u00a0k",
    );
    expect(weightsText(null, null)).toBe("–");
  });

  it("tell the picture to who can't see it", () => {
    expect(pictureText("CartPole-v1", frame({ terminated: true }))).toBe(
      "CartPole-v1, episode 3, step 12, the episode has ended",
    );
  });

  it("know every speed of the server", () => {
    expect(speedOf(status({ speed: 0.25 }))).toBe("0.25");
    expect(speedOf(status({ speed: null }))).toBe("max");
    expect(speedOf(null)).toBe("1");
  });

  it("tell several choices at once apart", () => {
    expect(branchesOf([0.25, 0.75, 0.2, 0.3, 0.5])).toEqual([
      [0.25, 0.75],
      [0.2, 0.3, 0.5],
    ]);
    expect(branchesOf([0.5, 0.4999])).toEqual([[0.5, 0.4999]]);
  });
});
