/** The chapters of the theory, and which of them explains a setting or a measured number. */

export const CHAPTERS = [
  { id: "value", title: "The value of a state" },
  { id: "action-value", title: "The value of an action" },
  { id: "td-error", title: "The TD error" },
  { id: "advantage", title: "The advantage" },
  { id: "score-function", title: "The score function and its gradient" },
  { id: "baseline", title: "The baseline" },
  { id: "actor-critic", title: "Actor and critic, one trunk" },
  { id: "entropy", title: "Entropy" },
  { id: "n-step", title: "Returns over n steps" },
  { id: "many-actors", title: "Why many actors" },
  { id: "push-and-pull", title: "Push and pull" },
  { id: "staleness", title: "Staleness, importance and V-trace" },
  { id: "a2c-and-ga3c", title: "A2C and GA3C" },
  { id: "ppo", title: "PPO" },
  { id: "notebook", title: "Where the notebook was wrong, and why" },
] as const;

export type ChapterId = (typeof CHAPTERS)[number]["id"];
export type Chapter = (typeof CHAPTERS)[number];

/** Names of hyperparameters, metrics and histograms, as the catalogues have them. */
export const EXPLAINED: Readonly<Partial<Record<ChapterId, readonly string[]>>> = {
  value: [
    "gamma",
    "reward_scale",
    "reward_clip",
    "value_mean",
    "value_min",
    "value_max",
    "start_value",
    "start_return",
    "value_bias",
    "episode_return",
  ],
  "td-error": ["truncation_bootstrap", "truncated_share"],
  advantage: [
    "normalize_advantage",
    "advantage_mean",
    "advantage_std",
    "advantage_min",
    "advantage_max",
    "advantage_positive",
  ],
  "score-function": ["policy_loss", "log_probability_max"],
  "actor-critic": [
    "value_coefficient",
    "value_loss",
    "total_loss",
    "explained_variance",
    "gradient_norm",
    "gradient_norm_used",
    "gradient_clipped",
    "max_gradient_norm",
  ],
  entropy: ["entropy_coefficient", "entropy", "entropy_fraction", "policy_std", "action_max_share"],
  "n-step": ["rollout_length", "gae_lambda"],
  "many-actors": ["workers", "envs_per_worker", "steps_per_second", "worker_steps_per_second"],
  "push-and-pull": [
    "pull_interval",
    "update_lock",
    "shared_statistics",
    "optimizer",
    "optimizer_epsilon",
    "optimizer_epsilon_mode",
    "rmsprop_decay",
    "updates_per_second",
    "worker_pushes",
    "worker_pushes_per_second",
    "concurrent_pushes",
    "lost_update_bound",
  ],
  staleness: [
    "policy_lag",
    "epsilon",
    "correction",
    "vtrace_rho_bar",
    "vtrace_c_bar",
    "max_policy_lag",
    "importance_ratio_mean",
    "importance_ratio_max",
    "importance_clipped",
    "behaviour_kl",
    "value_delta",
  ],
  "a2c-and-ga3c": [
    "algorithm",
    "optimizer_threads",
    "predictor_threads",
    "min_batch",
    "queue_capacity",
    "queue_depth",
    "queue_fill",
    "queue_age_s",
    "learning_balance",
    "batch_ratio",
  ],
  ppo: [
    "clip_range",
    "epochs",
    "minibatches",
    "target_kl",
    "clip_fraction",
    "approximate_kl",
    "epochs_done",
  ],
};

/** Null: no chapter is about it. */
export function chapterOf(name: string): Chapter | null {
  const found = Object.entries(EXPLAINED).find(([, names]) => names.includes(name));
  return CHAPTERS.find(({ id }) => id === found?.[0]) ?? null;
}
