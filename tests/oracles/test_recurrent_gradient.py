"""The gradient through time against one LSTM cell of torch, environment by environment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from fakes.interfaces import discrete
from fakes.objectives import OBJECTIVE, rough_weights
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.gradients import GradientEstimator
from matinee.algorithm.networks import NetworkShape
from matinee.algorithm.recurrent_acting import RecurrentActorCritic
from matinee.algorithm.rollout import Rollout
from oracles.a3c_reference import Transition, gae_by_definition

T, N, INPUTS, HIDDEN, UNITS, ACTIONS = 7, 4, 3, 5, 4, 3
INTERFACE = discrete(INPUTS, ACTIONS)


def network(*, shared_trunk: bool) -> NetworkShape:
    """One hidden layer and an LSTM in each trunk."""
    return NetworkShape(INTERFACE, (HIDDEN,), "tanh", shared_trunk, lstm_units=UNITS)


def some_rollout(shape: NetworkShape) -> Rollout:
    """One that goes on from before: with an end, a limit and its padding, and a detached limit.

    The last environment's first step opens an episode, so that its state counts for nothing.
    """
    generator = np.random.default_rng(5)
    rollout = Rollout(length=T, environments=N, interface=INTERFACE, state_size=shape.state_size)
    rollout.begin(
        generator.normal(size=(N, INPUTS)).astype(np.float32),
        state=generator.normal(size=(N, shape.state_size)).astype(np.float32),
        begins=np.array([False, False, False, True]),
    )
    for t in range(T):
        rollout.actions[t] = generator.integers(ACTIONS, size=(N, 1))
        rollout.record(
            t,
            observations=generator.normal(size=(N, INPUTS)).astype(np.float32),
            rewards=generator.normal(size=N),
            terminated=np.array([t == 2, False, False, t == T - 1]),
            truncated=np.array([False, t == 3, t == 4, False]),
            valid=np.array([t != 3, t != 4, True, True]),
        )
        if t == 4:
            rollout.record_final_observations(
                t, np.array([2]), generator.normal(size=(1, INPUTS)).astype(np.float32)
            )
    return rollout


@dataclass
class SlowNetwork:
    """The same network, one observation at a time, in float64."""

    shape: NetworkShape
    leaves: dict[str, Tensor]

    @classmethod
    def of(cls, shape: NetworkShape, flat: FloatVector) -> SlowNetwork:
        """With these weights."""
        views = shape.layout().views(flat)
        return cls(
            shape,
            {n: torch.tensor(v, dtype=torch.float64).requires_grad_() for n, v in views.items()},
        )

    def cell(self, trunk: str, features: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """Torch's own cell, whose weights are the other way round."""
        leaves = self.leaves
        bias = leaves[f"{trunk}.lstm.bias"]
        after = torch.lstm_cell(
            features[None],
            (h[None], c[None]),
            leaves[f"{trunk}.lstm.input"].T,
            leaves[f"{trunk}.lstm.recurrent"].T,
            bias,
            torch.zeros_like(bias),
        )
        return after[0][0], after[1][0]

    def step(self, observation: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits, value and the state after."""
        leaves, hidden, states = self.leaves, {}, []
        for index, trunk in enumerate(self.shape.trunks):
            at = index * 2 * UNITS
            h, c = state[at : at + UNITS], state[at + UNITS : at + 2 * UNITS]
            features = torch.tanh(
                observation @ leaves[f"{trunk}.0.weight"] + leaves[f"{trunk}.0.bias"]
            )
            h, c = self.cell(trunk, features, h, c)
            hidden[trunk] = h
            states += [h, c]
        logits = hidden[self.shape.policy_trunk] @ leaves["policy.weight"] + leaves["policy.bias"]
        value = hidden[self.shape.value_trunk] @ leaves["value.weight"] + leaves["value.bias"]
        return logits, value[0], torch.cat(states)


def slow_loss(net: SlowNetwork, rollout: Rollout) -> Tensor:
    """The mean loss over valid steps, by the definitions."""
    assert rollout.initial_state is not None
    ends = rollout.final_observations()
    assert ends is not None
    total = torch.zeros((), dtype=torch.float64)
    for n in range(N):
        begins = n == N - 1
        state = torch.tensor(rollout.initial_state[n], dtype=torch.float64)
        logits_of, values_of, steps = [], [], []
        for t in range(T):
            if begins:
                state = torch.zeros_like(state)
            seen = torch.tensor(rollout.observations[t, n], dtype=torch.float64)
            logits, value, state = net.step(seen, state)
            detached = (t, n) == (ends[0][0], ends[1][0])
            seen_next = ends[2][0] if detached else rollout.observations[t + 1, n]
            _, next_value, _ = net.step(torch.tensor(seen_next, dtype=torch.float64), state)
            steps.append(
                Transition(
                    reward=float(rollout.rewards[t, n]),
                    value=value.item(),
                    next_value=next_value.item(),
                    terminated=bool(rollout.terminated[t, n]),
                    truncated=bool(rollout.truncated[t, n]),
                    valid=bool(rollout.valid[t, n]),
                )
            )
            logits_of.append(logits)
            values_of.append(value)
            begins = bool(rollout.terminated[t, n]) or not rollout.valid[t, n] or detached
        advantages = gae_by_definition(steps, OBJECTIVE.gamma, OBJECTIVE.gae_lambda)
        for t in range(T):
            if not rollout.valid[t, n]:
                continue
            log_policy = torch.log_softmax(logits_of[t], dim=0)
            entropy = -(log_policy.exp() * log_policy).sum()
            target = advantages[t] + steps[t].value
            total = total - log_policy[int(rollout.actions[t, n, 0])] * advantages[t]
            total = total - OBJECTIVE.entropy_coefficient * entropy
            total = total + OBJECTIVE.value_coefficient * 0.5 * (target - values_of[t]) ** 2
    return total / int(rollout.valid.sum())


@pytest.mark.parametrize("shared_trunk", [True, False])
def test_the_gradient_through_time(*, shared_trunk: bool) -> None:
    """Backpropagation stops where an episode begins, and the state before the rollout counts."""
    shape = network(shared_trunk=shared_trunk)
    flat, rollout = rough_weights(shape), some_rollout(shape)
    slow = SlowNetwork.of(shape, flat)
    slow_loss(slow, rollout).backward()  # type: ignore[no-untyped-call]  # as torch has it
    ours = np.full_like(flat, np.nan)

    GradientEstimator(shape, flat).gradient(
        (rollout,), objective=OBJECTIVE, out=ours, detailed=True
    )

    for name, view in shape.layout().views(ours).items():
        expected = slow.leaves[name].grad
        assert expected is not None
        assert view == pytest.approx(expected.numpy(), rel=1e-4, abs=1e-6), name


@pytest.mark.parametrize("shared_trunk", [True, False])
def test_the_actor_remembers_as_the_learner_does(*, shared_trunk: bool) -> None:
    """Step by step, with states carried and forgotten, the same logits as all steps at once."""
    shape = network(shared_trunk=shared_trunk)
    flat, rollout = rough_weights(shape), some_rollout(shape)
    slow, actor = SlowNetwork.of(shape, flat), RecurrentActorCritic(shape, flat)
    assert rollout.initial_state is not None
    assert rollout.begins is not None
    states = [torch.tensor(row, dtype=torch.float64) for row in rollout.initial_state]
    actor.state_of(N)[:] = rollout.initial_state

    for t in range(T):
        actor.forget(rollout.begins[t])
        outputs = actor.outputs(rollout.observations[t])
        for n in range(N):
            if rollout.begins[t, n]:
                states[n] = torch.zeros_like(states[n])
            seen = torch.tensor(rollout.observations[t, n], dtype=torch.float64)
            logits, _, states[n] = slow.step(seen, states[n])
            assert outputs[n] == pytest.approx(logits.detach().numpy(), abs=1e-5)
