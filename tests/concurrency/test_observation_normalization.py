"""Observations are normalised alike in all threads and processes of a run, and in its tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.probe_spaces import register_any_spaces
from fakes.training import Rig, small_spec
from matinee.contracts.run_spec import RunSpec
from matinee.environments.normalization import NormalizationState
from matinee.errors import InvalidInputError
from matinee.training.checkpoints import load_checkpoint
from matinee.training.outcome import StopCause


def normalizing(id_: str = "Pendulum-v1", **overrides: Any) -> RunSpec:
    """Pendulum's velocity goes up to 8; its other two numbers are sine and cosine."""
    return small_spec(
        id_, **{"environment": {"id": id_, "normalize_observations": True}, **overrides}
    )


def statistics(rig: Rig) -> NormalizationState:
    """As a checkpoint of this moment has them."""
    state = rig.trainer.capture().normalization
    assert state is not None
    return state


@pytest.mark.parametrize(
    "overrides",
    [
        {"algorithm": "a3c", "workers": 2},
        {"algorithm": "a3c", "workers": 2, "lockstep": True},
        {"algorithm": "a3c", "workers": 2, "processes": 2},
        {"algorithm": "a2c", "workers": 2},
        {"algorithm": "ga3c", "workers": 2},
        {"algorithm": "ppo", "workers": 2},
    ],
    ids=["a3c", "lockstep", "processes", "a2c", "ga3c", "ppo"],
)
def test_every_mode_counts_everything_that_was_seen(overrides: dict[str, Any]) -> None:
    """One set of statistics: an observation for each env step, and the first ones."""
    rig = Rig(normalizing(**overrides))
    outcome = rig.run()
    state = statistics(rig)

    assert outcome.cause is StopCause.FINISHED_BUDGET, outcome.traceback_text
    # The first ones, perhaps of one worker alone: another process may come up when all is over.
    seen = rig.trainer.progress().env_steps + 4
    assert seen <= state.count <= seen + 4 * 64
    assert abs(state.mean[2]) < 8.0
    assert 0.5 < np.sqrt(state.m2[2] / state.count) < 8.0


def test_statistics_are_saved_and_gone_on_from(tmp_path: Path) -> None:
    """A resumed run begins with those of the checkpoint, and adds to them."""
    rig = Rig(normalizing())
    rig.run()
    rig.trainer.save_checkpoint(tmp_path / "one", cause="end")
    loaded = load_checkpoint(tmp_path / "one")
    assert loaded.normalization is not None
    longer = loaded.document.spec.model_copy(update={"budget": normalizing().budget})
    resumed = Rig(longer, restore=loaded)

    before = statistics(resumed)
    assert before.count == statistics(rig).count
    np.testing.assert_array_equal(before.mean, statistics(rig).mean)
    np.testing.assert_array_equal(before.m2, statistics(rig).m2)


def test_test_episodes_use_the_statistics_and_add_nothing() -> None:
    """The greedy policy sees what it was trained on."""
    rig = Rig(normalizing())
    rig.run()
    before = statistics(rig)
    result = rig.trainer.evaluate(2, deterministic=True, should_stop=lambda: False)

    assert result is not None
    assert result.lengths == (200, 200)
    assert statistics(rig).count == before.count


def test_frozen_statistics_stay_as_they_are() -> None:
    """From the first observation on, where the switch was on before."""
    rig = Rig(normalizing(hyperparameters={"freeze_normalization": True}))
    rig.run()

    assert statistics(rig).count == 0


def test_the_switch_is_live() -> None:
    """Switched on while it trains, nothing is added any more."""
    rig = Rig(normalizing(budget={"env_steps": None}))
    rig.trainer.start()
    rig.wait_until(lambda: rig.trainer.progress().env_steps > 500)
    rig.trainer.board.propose({"freeze_normalization": True})
    rig.wait_for_changes()
    rig.wait_until(lambda: rig.trainer.board.newest()[1].freeze_normalization)
    frozen_at = rig.trainer.progress().env_steps
    count = statistics(rig).count
    rig.wait_until(lambda: rig.trainer.progress().env_steps > frozen_at + 2000)
    later = statistics(rig).count
    rig.trainer.control.stop(StopCause.STOPPED, "seen enough")
    rig.finish()

    # What the worker had kept back may be added when it ends, never what it saw since.
    assert later == count


def test_images_are_standardised_one_by_one() -> None:
    """By the network, which learns something else then; there are no statistics to keep."""
    register_any_spaces()

    def weights(*, normalizes: bool) -> bytes:
        environment = {"id": "Probe/SeesPicture-v0", "normalize_observations": normalizes}
        rig = Rig(
            small_spec(
                "Probe/SeesPicture-v0",
                environment=environment,
                envs_per_worker=1,
                hyperparameters={"rollout_length": 4},
                budget={"env_steps": 12},
            )
        )
        outcome = rig.run()
        state = rig.trainer.capture()
        assert outcome.cause is StopCause.FINISHED_BUDGET, outcome.traceback_text
        assert state.normalization is None
        return state.weights.tobytes()

    assert weights(normalizes=True) != weights(normalizes=False)


def test_images_without_a_convolution_are_not_normalised() -> None:
    """Statistics of every pixel would hide what moves: the run is refused before it begins."""
    register_any_spaces()
    network = {"hidden": [8], "convolution": "none"}
    with pytest.raises(InvalidInputError, match="images are normalised for a convolution only"):
        Rig(normalizing("Probe/SeesPicture-v0", network=network))
