"""The speed ladder: what is compared, and that the slower ways do the same work."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.ladder import GRID, cell, variants
from benchmarks.ladder_program import training_speed
from benchmarks.records import LadderSpeed
from benchmarks.report import ladder
from benchmarks.slower_ways import SlowerWay, TorchActorCritic, going
from fakes.interfaces import discrete
from fakes.training import small_spec
from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.environments.catalogue import preset
from matinee.training import actor_learner

IN_USE = vars(actor_learner)


def test_ratios_are_within_a_round_and_to_the_first_of_the_group() -> None:
    """A slow minute of the machine hits both, and neither another group nor another round."""
    records = [
        LadderSpeed("a", "ours", 1, 1000.0),
        LadderSpeed("a", "other", 1, 500.0),
        LadderSpeed("a", "ours", 2, 100.0),
        LadderSpeed("a", "other", 2, 50.0),
        LadderSpeed("b", "ours", 1, 7.0),
        LadderSpeed(GRID, cell(64, 2), 1, 2_000_000.0),
    ]

    text = "\n".join(ladder(records))

    assert "| a | other | 0.3 k (0.1 k–0.5 k) | 0.50 (0.50–0.50) |" in text
    assert "| b | ours | 0.0 k | 1.00 |" in text
    assert "| 64 | – | 2,000 k | – |" in text


def test_every_variant_is_a_training_that_is_accepted() -> None:
    """And none is there twice."""
    chosen = preset("cartpole-a3c")
    assert chosen is not None
    all_of_them = variants(chosen)

    assert len({(each.rung, each.words) for each in all_of_them}) == len(all_of_them)
    specs = [each.document["spec"] for each in all_of_them if "spec" in each.document]
    assert len(specs) > 10
    assert {spec["seed"] for spec in specs} == {1}


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_acting_in_torch_chooses_the_same_actions(activation: str) -> None:
    """From the same weights and the same noise."""
    shape = NetworkShape(
        discrete(4, 3), (16, 8), "tanh" if activation == "tanh" else "relu", shared_trunk=True
    )
    weights = initial_weights(shape, seed=1)
    weights += np.random.default_rng(0).normal(0.0, 0.3, weights.size).astype(np.float32)
    ours = NumpyActorCritic(shape, weights)
    generator = np.random.default_rng(2)
    observations = generator.normal(size=(32, 4)).astype(np.float32)
    noise = ours.distribution.noise(generator, (1, 32))[0]

    expected = ours.act(observations, noise).copy()
    assert np.array_equal(TorchActorCritic(shape, weights).act(observations, noise), expected)
    assert len(np.unique(expected)) > 1


@pytest.mark.parametrize(
    "ways", [["torch_acting"], ["autograd"], ["no_telemetry"], ["no_turns"], []]
)
def test_every_way_trains_and_is_left_again(ways: list[SlowerWay]) -> None:
    """The program that measures comes to a speed, and afterwards all is as it was."""
    usual = IN_USE["new_policy"], IN_USE["turns_pay"]
    spec = small_spec("CartPole-v1", envs_per_worker=16).model_dump(mode="json", by_alias=True)

    speed = training_speed(
        {"spec": spec, "ways": ways, "library_threads": 1, "warm_up_s": 0.01, "seconds": 0.1}
    )

    assert speed > 0.0
    assert (IN_USE["new_policy"], IN_USE["turns_pay"]) == usual


def test_going_a_way_replaces_what_trainings_use() -> None:
    """Else the comparison would be of a thing with itself."""
    with going(["torch_acting", "no_turns"]):
        assert IN_USE["new_policy"] is TorchActorCritic
        assert IN_USE["turns_pay"]("anything") is False
