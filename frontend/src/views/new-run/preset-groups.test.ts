import { expect, it } from "vitest";
import type { EnvironmentDescription, Preset } from "../../api/types";
import { groupPresets, presetFor } from "./preset-groups";

const preset = (name: string, id: string, algorithm = "a3c") =>
  ({ name, spec: { algorithm, environment: { id } } }) as unknown as Preset;
const environment = (id: string, isInstalled = true) =>
  ({
    id,
    installed: isInstalled,
    trainable: isInstalled,
    install_hint: isInstalled ? null : `pip install ${id}`,
  }) as unknown as EnvironmentDescription;

it("puts presets of one task together, and what can't be started here last", () => {
  const groups = groupPresets(
    [
      preset("lesson", "CartPole-v1"),
      preset("pong", "ALE/Pong-v5"),
      preset("acrobot", "Acrobot-v1"),
      preset("notebook", "CartPole-v0"),
    ],
    [
      environment("CartPole-v1"),
      environment("CartPole-v0"),
      environment("Acrobot-v1"),
      environment("ALE/Pong-v5", false),
    ],
  );

  expect(
    groups.map(({ title, presets }) => [title, presets.map((each) => each.preset.name)]),
  ).toEqual([
    ["CartPole", ["lesson", "notebook"]],
    ["Other tasks", ["acrobot"]],
    ["Not ready here", ["pong"]],
  ]);
  expect(groups[2]?.presets[0]?.obstacle).toBe("pip install ALE/Pong-v5");
});

it("offers another preset for what is chosen", () => {
  const lesson = preset("lesson", "CartPole-v1");
  const presets = [
    lesson,
    preset("pole", "CartPole-v1", "ppo"),
    preset("swing", "Pendulum", "ppo"),
  ];
  const offered = (environment: string, algorithm: string) =>
    presetFor({ environment, algorithm }, lesson, presets)?.name;
  expect(offered("CartPole-v1", "ppo")).toBe("pole");
  expect(offered("CartPole-v1", "a2c")).toBeUndefined();
  expect(offered("Pendulum", "a3c")).toBe("swing");
  expect(offered("Acrobot-v1", "a3c")).toBeUndefined();
});
