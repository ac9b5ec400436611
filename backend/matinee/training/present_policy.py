"""The policy of this moment as one file, for who plays it while training goes on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from matinee.contracts.playing import SHARED_POLICY_METADATA, SHARED_STEP_METADATA
from matinee.contracts.policy_file import PolicyFile
from matinee.environments.normalization import NormalizationState
from matinee.training.checkpoints import WEIGHTS, normalization_arrays


@dataclass(frozen=True)
class PresentPolicy:
    """What plays it, without what only learning needs.

    Attributes:
        policy: How it is played.
        weights: Shape: (size,).
        normalization: Of observations, where they are normalised.
        env_step: Of training.
    """

    policy: PolicyFile
    weights: NDArray[np.float32]
    normalization: NormalizationState | None
    env_step: int

    @property
    def is_finite(self) -> bool:
        """Whether it can act at all."""
        return bool(np.isfinite(self.weights).all())

    def encode(self) -> bytes:
        """A safetensors file with the description in its metadata: both are of one moment."""
        return save(
            {WEIGHTS: self.weights, **normalization_arrays(self.normalization)},
            {
                SHARED_POLICY_METADATA: self.policy.model_dump_json(),
                SHARED_STEP_METADATA: str(self.env_step),
            },
        )
