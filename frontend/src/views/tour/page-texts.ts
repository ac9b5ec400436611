/** What only the page has, and no catalogue of the server: header figures, controls, lists. */

import type { TourText } from "./tour-texts";

export const PAGE_TEXTS: Readonly<Record<string, TourText>> = {
  "figure.env_steps": {
    title: "env steps",
    meaning:
      "How many times any environment was asked for its next state, over all workers: the measure in which papers say how fast something learns.",
    guidance: "Compare runs by it, not by the clock: it does not depend on the machine.",
  },
  "figure.frames": {
    title: "frames",
    meaning:
      "Pictures that the game itself made. One env step repeats its action over several of them, so there are more frames than steps.",
    guidance: "Papers about Atari often count frames: four of them are one step.",
  },
  "figure.steps_per_second": {
    title: "steps per second",
    meaning: "Env steps of all workers in one second of training, now.",
    guidance:
      "Even is good. If it falls, something else needs the processor: stop another run, or try more environments per worker.",
  },
  "figure.seconds": {
    title: "training time",
    meaning: "How long the run has trained. Pauses, waiting in the queue and tests do not count.",
    guidance: "Compare it only between runs that shared the machine in the same way.",
  },
  "figure.episodes": {
    title: "episodes",
    meaning:
      "How many times an environment began anew: because the agent failed or was done, or because a time limit came.",
    guidance: "Few episodes for many steps: each of them is long. In CartPole that is success.",
  },
  "figure.return_100": {
    title: "mean return 100",
    meaning:
      "The mean of what the last 100 finished episodes brought. This number decides whether a task is solved.",
    guidance:
      "Watch its trend over thousands of steps, not its jumps. Flat for long: try another learning rate by a factor of 3.",
  },
  "figure.best": {
    title: "best",
    meaning: "The highest mean return of 100 consecutive episodes so far.",
    guidance:
      "The present mean far below it means that something was unlearned: go back to a checkpoint.",
  },
  "figure.budget": {
    title: "budget",
    meaning:
      "How much of what the run may use is used: env steps, seconds, or the way to a mean return.",
    guidance:
      "At 100 % the run tests its policy, saves a checkpoint and ends. It can go on with more.",
  },
  "control.run": {
    title: "the buttons of a run",
    meaning:
      "They do to the training what they say, at the next moment at which every worker can stand still. A button that does not apply now says why.",
    guidance: "Try Pause and then Step: one single update, then it stands still again.",
  },
  "control.view": {
    title: "how the charts are drawn",
    meaning:
      "The x axis, how much the line is smoothed, a scale for very different sizes, and the zoom. They change what is seen, never the training.",
    guidance:
      "Drag on any chart to zoom; all charts follow. Double-click leads back to the live view.",
  },
  "control.sets": {
    title: "sets of small charts",
    meaning:
      "Each set answers one question: what the policy does, how good the values are, how large the updates, how old the gradients.",
    guidance:
      "Begin with the overview. If something there looks odd, the set with its name tells more.",
  },
  "control.queue": {
    title: "the queue",
    meaning: "In GA3C, what the environments have played waits here until an optimizer takes it.",
    guidance: "Neither full nor empty is good. Full: learning is too slow. Empty: acting is.",
  },
  "control.hyperparameters": {
    title: "hyperparameters",
    meaning:
      "Every number that steers the learning. Each row says what was asked for, what is in use, and since which step; a change leaves a mark on every chart.",
    guidance: "Change one at a time, and look at the charts for a while before the next.",
  },
  "control.records": {
    title: "the records of the run",
    meaning:
      "The agent at play, what happened and who did it, the workers, what the run warns of, and the checkpoints to go back to.",
    guidance: "After a change that went wrong: Checkpoints, and back to before it.",
  },
  "control.compare": {
    title: "how runs are compared",
    meaning:
      "The x axis, the smoothing, which runs make one curve together, and the return that counts as solved.",
    guidance:
      "Compare over env steps to see who learns from less; over seconds to see who is done sooner.",
  },
  "control.comparison": {
    title: "the curves",
    meaning:
      "Each strong line is the mean over the seeds of one setting, each thin line one seed. The band says where that mean may lie.",
    guidance:
      "Bands that overlap: the runs do not tell which is better. Three to five seeds are usual.",
  },
  "control.curves": {
    title: "the legend",
    meaning: "Which line is which, over how many seeds, and what it is under the pointer.",
    guidance: "n = 1 is an anecdote: luck alone can make such a curve.",
  },
  "control.figures": {
    title: "the table",
    meaning:
      "For each curve, and below it for each of its runs: the last and the best 100 episodes, and when it reached what counts as solved.",
    guidance:
      "Steps to the threshold tell how much experience was needed, the last 100 whether it was kept.",
  },
  "control.start": {
    title: "a new run, or a race",
    meaning:
      "A race starts A3C, GA3C, A2C and PPO on one task at the same time. A new run has everything to choose.",
    guidance: "A race on CartPole takes a minute or two and shows how differently they learn.",
  },
  "control.find": {
    title: "what the list shows",
    meaning:
      "Words look in names, groups, tags, notes and environments; the rest filters and groups what was found.",
    guidance: "Group by setting to see at once which seeds belong together.",
  },
  "control.list": {
    title: "the runs",
    meaning: "One line for each: its state, what it trains, how its return went, how fast it is.",
    guidance: "Choose two or more, and compare them.",
  },
};
