import { describe, expect, it } from "vitest";
import type { EnvironmentDescription, SpaceDescription } from "../../api/types";
import {
  actionText,
  environmentFacts,
  environmentObstacle,
  observationText,
} from "./environment-text";

const space = (part: Partial<SpaceDescription>): SpaceDescription => ({
  kind: "Box",
  shape: null,
  size: null,
  text: "",
  ...part,
});

describe("an environment's spaces in words", () => {
  it.each([
    [{ shape: [4] }, "4 numbers"],
    [{ shape: [4, 84, 84] }, "an image, 4 × 84 × 84"],
    [{ kind: "Discrete", size: 16 }, "one of 16 states"],
    [{ kind: "Dict" }, "several parts, as a row of numbers"],
    [{ kind: "MultiBinary", shape: [5] }, "MultiBinary(5)"],
  ])("says what %o shows", (part, words) => {
    expect(observationText(space(part))).toBe(words);
  });

  it.each([
    [{ kind: "Discrete", size: 2 }, "one of 2 actions"],
    [{ shape: [1] }, "1 continuous action"],
    [{ shape: [6] }, "6 continuous actions"],
    [{ kind: "MultiDiscrete", shape: [3] }, "MultiDiscrete(3)"],
  ])("says what can be done in %o", (part, words) => {
    expect(actionText(space(part))).toBe(words);
  });
});

it("says what to install before it says what is wrong", () => {
  const environment = {
    id: "LunarLander-v3",
    installed: false,
    trainable: false,
    install_hint: 'pip install "matinee[box2d]"',
    untrainable_reason: "No module named Box2D",
    observation: null,
    action: null,
    unseen: ["observations['mission'] (Text)"],
    reward_threshold: 200,
    max_episode_steps: 1000,
  } as unknown as EnvironmentDescription;

  expect(environmentObstacle(environment)).toBe('pip install "matinee[box2d]"');
  expect(environmentFacts(environment)).toEqual([
    "does not see observations['mission'] (Text)",
    "solved at 200",
    "at most 1,000 steps an episode",
  ]);
});
