import { describe, expect, it } from "vitest";
import { choiceNames, numberNames } from "./action-names";

describe("names of actions", () => {
  it("are the environment's own where they are known", () => {
    expect(choiceNames("CartPole-v1", 2)).toEqual(["push left", "push right"]);
    expect(choiceNames("MiniGrid-Empty-5x5-v0", 7)[2]).toBe("forward");
    expect(numberNames("Pendulum-v1", 1)).toEqual(["torque"]);
  });

  it("are numbers where they are not, or where there are more or fewer", () => {
    expect(choiceNames("Some-v0", 2)).toEqual(["action 0", "action 1"]);
    expect(choiceNames("ALE/Pong-v5", 18)[17]).toBe("action 17");
    expect(numberNames("HalfCheetah-v5", 2)).toEqual(["number 0", "number 1"]);
  });
});
