import { describe, expect, it } from "vitest";
import type { AlgorithmDescription, HyperparameterDefinition, RunSpec } from "../../api/types";
import { classInRun, differentDefaults } from "./warm-restart";

const row = (name: string, value: number | string, isField = false) =>
  ({ name, default: value, spec_field: isField }) as HyperparameterDefinition;
const mode = (...hyperparameters: HyperparameterDefinition[]) =>
  ({ hyperparameters }) as AlgorithmDescription;

describe("defaults of the next mode", () => {
  const a3c = mode(row("algorithm", "a3c", true), row("learning_rate", 7e-4), row("gamma", 0.99));
  const ppo = mode(
    row("algorithm", "ppo", true),
    row("learning_rate", 3e-4),
    row("gamma", 0.99),
    row("epochs", 4),
  );

  it("are named where they are others than now", () => {
    const used = { algorithm: "a3c", learning_rate: 0.02, gamma: 0.9, epochs: 4 };
    const found = differentDefaults(a3c, ppo, used);
    expect(
      found.map(({ definition, now, byDefault }) => [definition.name, now, byDefault]),
    ).toEqual(
      // Gamma was changed by somebody, but both modes begin with the same.
      [["learning_rate", 0.02, 3e-4]],
    );
  });

  it("are not named where they are in use already", () => {
    expect(differentDefaults(a3c, ppo, { learning_rate: 3e-4, epochs: 4 })).toEqual([]);
  });
});

it("restarts the one thread of a lockstep run for another number of workers", () => {
  const workers = { name: "workers", live_class: "live" } as HyperparameterDefinition;
  expect(classInRun(workers, { lockstep: false } as RunSpec)).toBe("live");
  expect(classInRun(workers, { lockstep: true } as RunSpec)).toBe("warm_restart");
});
