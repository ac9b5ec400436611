"""The rows of the hyperparameter catalogue, by what they act on."""
