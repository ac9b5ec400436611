import { describe, expect, it } from "vitest";
import type { HyperparameterDefinition } from "../api/types";
import { rowsIn } from "./environment-parameters";

const own = { default: 10, minimum: 0.5, maximum: 50, unit: "m/s²", arguments: ["g"] };
const rate = { name: "learning_rate", environments: {} } as HyperparameterDefinition;
const gravity = {
  name: "gravity",
  default: 9.8,
  minimum: 0.0001,
  maximum: 50,
  unit: "",
  environments: { "Pendulum-v1": own },
} as unknown as HyperparameterDefinition;

describe("rows in an environment", () => {
  it("are all that training has, and what the environment has, with its own range", () => {
    const rows = rowsIn([rate, gravity], { id: "Pendulum-v1", kwargs: {} });
    expect(rows[0]).toBe(rate);
    expect(rows[1]).toMatchObject({ default: 10, minimum: 0.5, maximum: 50, unit: "m/s²" });
  });

  it("lack what another environment has", () => {
    expect(rowsIn([rate, gravity], { id: "CartPole-v1", kwargs: {} })).toEqual([rate]);
  });

  it("lack what the run has given as an argument", () => {
    expect(rowsIn([rate, gravity], { id: "Pendulum-v1", kwargs: { g: 9.81 } })).toEqual([rate]);
  });
});
