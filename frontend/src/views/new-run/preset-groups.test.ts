import { expect, it } from "vitest";
import type { EnvironmentDescription, Preset } from "../../api/types";
import { groupPresets } from "./preset-groups";

const preset = (name: string, id: string) =>
  ({ name, spec: { environment: { id } } }) as unknown as Preset;
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
