"""Presets and curated environments."""

from __future__ import annotations

import pytest

from matinee.contracts.hyperparameters import HYPERPARAMETERS
from matinee.contracts.run_spec import parse_run_spec
from matinee.environments.catalogue import preset, presets


def test_the_pages_default_comes_first() -> None:
    """The cards appear in order, the one to watch before the one to race."""
    assert [each.name for each in presets()][:2] == ["cartpole-lesson", "cartpole-a3c"]


def test_the_lesson_leaves_time_to_watch() -> None:
    """Five minutes at about 4,000 steps a second, without a target, with several workers."""
    lesson = preset("cartpole-lesson")
    assert lesson is not None

    assert lesson.spec.environment.id == "CartPole-v1"
    assert lesson.spec.hyperparameters["target_steps_per_second"] == 4000.0
    assert lesson.spec.workers == 2
    assert lesson.spec.budget.model_dump() == {
        "env_steps": None,
        "seconds": 300.0,
        "target_return": None,
    }


def test_the_notebook_is_as_it_is_known() -> None:
    """Its values, number by number, in our conventions."""
    notebook = preset("notebook")
    assert notebook is not None
    spec = notebook.spec

    assert spec.algorithm == "ga3c"
    assert (spec.environment.id, spec.workers, spec.envs_per_worker) == ("CartPole-v0", 8, 1)
    assert (spec.network.hidden, spec.network.activation.value) == ([16], "relu")
    assert spec.budget.seconds == 30.0
    assert spec.evaluation.episodes == 1
    epsilon = spec.hyperparameters["epsilon"]
    assert not isinstance(epsilon, bool | int | float | str)
    assert epsilon.model_dump(by_alias=True) == {
        "schedule": "linear",
        "from": 0.4,
        "to": 0.15,
        "from_env_step": 0,
        "until_env_step": 75_000,
    }
    assert {k: v for k, v in spec.hyperparameters.items() if k != "epsilon"} == {
        "optimizer": "rmsprop",
        "learning_rate": 0.005,
        "rmsprop_decay": 0.99,
        "optimizer_epsilon": 0.1,
        "max_gradient_norm": 0.0,
        "rollout_length": 8,
        "gamma": 0.99,
        "gae_lambda": 1.0,
        "entropy_coefficient": 0.01,
        "value_coefficient": 1.0,
        "correction": "vtrace",
        "optimizer_threads": 2,
        "min_batch": 32,
        "worker_delay_s": 0.001,
    }


TUNED_ON = range(1, 6)
"""Seeds on which settings were chosen; figures of these would be flattering."""

FEWEST_SEEDS = 5
FEWEST_SEEDS_OF_A_RACE = 10


@pytest.mark.parametrize("name", [each.name for each in presets()])
def test_a_presets_base_makes_its_spec_again(name: str) -> None:
    """What requests are laid over is the preset itself, and names only what is known."""
    chosen = preset(name)
    assert chosen is not None

    assert parse_run_spec(chosen.as_base()) == chosen.spec
    assert chosen.spec.preset == name
    assert chosen.spec.hyperparameters.keys() <= HYPERPARAMETERS.keys()


def test_an_unknown_preset_is_none() -> None:
    """The caller says what that means."""
    assert preset("nothing") is None


def test_every_preset_is_measured() -> None:
    """Its present settings, that is: figures of older ones count as none."""
    assert [each.name for each in presets() if each.measurement is None] == []


def test_figures_are_of_enough_fresh_seeds() -> None:
    """At least five, ten where CartPole-v1 is to be solved; none that settings were tuned on."""
    for each in presets():
        assert each.measurement is not None
        is_race = (
            each.spec.environment.id == "CartPole-v1" and each.spec.budget.target_return is not None
        )
        seeds = set(each.measurement.seeds)
        assert len(seeds) == len(each.measurement.seeds), each.name
        assert len(seeds) >= (FEWEST_SEEDS_OF_A_RACE if is_race else FEWEST_SEEDS), each.name
        assert not seeds & set(TUNED_ON), each.name


def test_every_measured_preset_has_a_curve() -> None:
    """More than one point, or the card draws none; env steps rise."""
    for each in presets():
        if each.measurement is not None:
            env_steps = [step for step, _ in each.measurement.curve]
            assert len(env_steps) > 1, each.name
            assert env_steps == sorted(set(env_steps)), each.name


def test_measured_presets_say_where_and_on_what() -> None:
    """A figure without its seeds and machine is no figure."""
    measured = [each for each in presets() if each.measurement is not None]

    for each in measured:
        figures = each.measurement
        assert figures is not None
        assert 0 <= figures.solved <= len(figures.seeds)
        assert figures.env_steps_min <= figures.env_steps_median <= figures.env_steps_max
        assert figures.seconds_min <= figures.seconds_median <= figures.seconds_max
        assert figures.evaluation_min <= figures.evaluation_median <= figures.evaluation_max
        assert figures.spec_digest == each.spec_digest
        assert figures.machine
        assert figures.versions
        assert figures.measured_on
