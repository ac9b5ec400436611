"""The trainer: actor-learner threads around one set of shared weights, steered while they run."""
