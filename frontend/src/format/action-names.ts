/** What the choices of well-known environments do, in their order. */

const DIRECTIONS = ["left", "down", "right", "up"];
const MINIGRID = ["turn left", "turn right", "forward", "pick up", "drop", "toggle", "done"];

const NAMES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^CartPole-/, ["push left", "push right"]],
  [/^MountainCar-/, ["push left", "coast", "push right"]],
  [/^Acrobot-/, ["torque −1", "no torque", "torque +1"]],
  [/^LunarLander-/, ["coast", "left engine", "main engine", "right engine"]],
  [/^(FrozenLake|FrozenLake8x8)-/, DIRECTIONS],
  [/^CliffWalking-/, ["up", "right", "down", "left"]],
  [/^Taxi-/, ["south", "north", "east", "west", "pick up", "drop off"]],
  [/^Blackjack-/, ["stick", "hit"]],
  [/^MiniGrid-/, MINIGRID],
  [/^ALE\/Pong-/, ["nothing", "fire", "up", "down", "fire up", "fire down"]],
  [/^ALE\/Breakout-/, ["nothing", "fire", "right", "left"]],
];

const NUMBERS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^Pendulum-/, ["torque"]],
  [/^MountainCarContinuous-/, ["force"]],
];

/** A name for each of `count` choices: the environment's own, or a number. */
export function choiceNames(environmentId: string, count: number): readonly string[] {
  return named(NAMES, environmentId, count, "action");
}

/** The same for actions that are numbers. */
export function numberNames(environmentId: string, count: number): readonly string[] {
  return named(NUMBERS, environmentId, count, "number");
}

function named(
  table: typeof NAMES,
  environmentId: string,
  count: number,
  fallback: string,
): readonly string[] {
  const own = table.find(([pattern]) => pattern.test(environmentId))?.[1];
  if (own?.length === count) return own;
  return Array.from({ length: count }, (_, index) => `${fallback} ${index}`);
}
