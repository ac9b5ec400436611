import { expect, it } from "vitest";
import { ApiProblem } from "../../api/problem";
import { wordsFor } from "./use-tuning";

it("puts each complaint at the row that it is about, and the rest at the first one", () => {
  const refusal = new ApiProblem("these settings don't go together", {
    status: 422,
    code: "invalid_hyperparameters",
    fields: [
      { loc: ["minibatches"], message: "more than the samples" },
      { loc: ["lockstep"], message: "only in a3c" },
    ],
  });
  expect([...wordsFor(["algorithm", "minibatches"], refusal)]).toEqual([
    ["minibatches", "more than the samples"],
    ["algorithm", "only in a3c"],
  ]);
  expect([...wordsFor(["gamma"], new Error("offline"))]).toEqual([["gamma", "offline"]]);
});
