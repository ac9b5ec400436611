"""Ways that Matinee does not go, for comparison only: what each rung of the speed ladder replaces.

Each does the same work as what it stands in for, and nothing besides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal
from unittest import mock

import gymnasium
import numpy as np
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from numpy.typing import NDArray

from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.distributions import Actions, Floats
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.gradients import GradientEstimator
from matinee.algorithm.networks import NetworkShape
from matinee.algorithm.rollout import Rollout
from matinee.algorithm.torch_gradients import TorchNetwork
from matinee.training import actor_learner, learner
from matinee.training.learner import LocalLearner
from matinee.training.step_reporter import StepReporter
from matinee.training.telemetry import Telemetry

SlowerWay = Literal["torch_acting", "autograd", "no_telemetry", "no_turns"]


class TorchActorCritic(NumpyActorCritic):
    """Acts by eager torch on the same weights; the noise and the choice are the same."""

    def __init__(self, shape: NetworkShape, flat: FloatVector) -> None:
        super().__init__(shape, flat)
        self._views = {
            name: torch.from_numpy(view) for name, view in shape.layout().views(flat).items()
        }
        self._hidden = [f"{shape.policy_trunk}.{index}" for index in range(len(shape.hidden))]
        self._activation = torch.tanh if shape.activation == "tanh" else torch.relu

    def act(self, observations: NDArray[Any], noise: Floats) -> Actions:
        """Sample an action for each observation. Shapes as for `NumpyActorCritic.act`."""
        views = self._views
        with torch.no_grad():
            features = torch.from_numpy(np.ascontiguousarray(observations, np.float32))
            for name in self._hidden:
                features = torch.addmm(views[f"{name}.bias"], features, views[f"{name}.weight"])
                features = self._activation(features)
            outputs = torch.addmm(views["policy.bias"], features, views["policy.weight"])
        return self.distribution.sample(outputs.numpy(), noise)


def _by_autograd(shape: NetworkShape, weights: FloatVector) -> GradientEstimator:
    return GradientEstimator(shape, weights, network=TorchNetwork(shape, weights))


def _nothing(*_: object, **__: object) -> None:
    """In place of telemetry."""


def _never(*_: object) -> bool:
    """In place of asking whether something is due, or pays."""
    return False


def _only_count(self: StepReporter, rollout: Rollout, rows: slice, _times: object) -> None:
    """In place of keeping steps until their episodes are looked for."""
    self._env_steps.add(self._worker, int(np.count_nonzero(rollout.valid[rows])))


@contextmanager
def going(ways: Sequence[SlowerWay]) -> Iterator[None]:
    """While inside, trainings of this process go these ways."""
    patches: dict[SlowerWay, list[Any]] = {
        "torch_acting": [mock.patch.object(actor_learner, "new_policy", TorchActorCritic)],
        "autograd": [mock.patch.object(learner, "GradientEstimator", _by_autograd)],
        "no_telemetry": [
            mock.patch.object(StepReporter, "add", _only_count),
            mock.patch.object(Telemetry, "record_update", _nothing),
            mock.patch.object(LocalLearner, "_is_detail_due", _never),
        ],
        "no_turns": [mock.patch.object(actor_learner, "turns_pay", _never)],
    }
    chosen = [patch for way in ways for patch in patches[way]]
    for patch in chosen:
        patch.start()
    try:
        yield
    finally:
        for patch in chosen:
            patch.stop()


def gymnasiums_loop(environment_id: str, count: int) -> SyncVectorEnv:
    """Gymnasium's vector of single environments, in its default mode."""
    return SyncVectorEnv(
        [lambda: gymnasium.make(environment_id, disable_env_checker=True)] * count,
        autoreset_mode=AutoresetMode.NEXT_STEP,
    )
