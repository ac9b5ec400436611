"""The learner's state on disk."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakes.training import Rig, small_spec
from matinee.contracts.checkpoints import MANIFEST_FILE, STATE_FILE, TENSORS_FILE
from matinee.contracts.policy_file import POLICY_FILE
from matinee.contracts.progress import Progress, SolvedAt
from matinee.errors import CheckpointError
from matinee.journal.checkpoint_folders import read_manifest
from matinee.training.checkpoints import (
    CheckpointState,
    continued,
    load_checkpoint,
    save_checkpoint,
    window_of,
)
from matinee.training.return_window import FullWindow, WindowState


@pytest.fixture(scope="module")
def state() -> CheckpointState:
    """Of a short training with Adam and a schedule."""
    rig = Rig(
        small_spec(
            "CartPole-v1",
            hyperparameters={
                "optimizer": "adam",
                "learning_rate": {
                    "schedule": "linear",
                    "from": 0.01,
                    "to": 0,
                    "until_env_step": 5000,
                },
            },
        )
    )
    rig.run()
    return rig.trainer.capture()


def test_what_is_loaded_is_what_was_saved(state: CheckpointState, tmp_path: Path) -> None:
    """Weights, statistics, counters, schedules, generators: all of it."""
    manifest = save_checkpoint(state, tmp_path / "one", cause="command")
    loaded = load_checkpoint(tmp_path / "one")

    assert loaded.document == state.document
    assert np.array_equal(loaded.weights, state.weights)
    assert loaded.statistics.keys() == {"average", "square_average", "beta_products"}
    for name, array in state.statistics.items():
        assert np.array_equal(loaded.statistics[name], array)
        assert loaded.statistics[name].dtype == array.dtype
    assert manifest == read_manifest(tmp_path / "one")
    assert manifest.cause == "command"
    assert manifest.env_steps == state.document.env_steps
    files = [tmp_path / "one" / name for name in (TENSORS_FILE, STATE_FILE, POLICY_FILE)]
    assert manifest.size_bytes == sum(path.stat().st_size for path in files)


def test_nothing_half_written_has_the_final_name(
    state: CheckpointState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk at any flush leaves either no folder of that name or a whole one, no rest."""
    flushes: list[int] = []
    for crash_at in range(1, 8):
        folder = tmp_path / f"crash-{crash_at}"
        flushes = []

        def fsync(descriptor: int, flushes: list[int] = flushes, at: int = crash_at) -> None:
            flushes.append(descriptor)
            if len(flushes) == at:
                raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", fsync)
        try:
            save_checkpoint(state, folder, cause="schedule")
        except CheckpointError as error:
            assert "No space left" in str(error)  # noqa: PT017 -- both ends are allowed
        if folder.exists():
            load_checkpoint(folder)
        assert list(tmp_path.glob("*.tmp")) == []

    assert len(flushes) == 6  # Four files, their folder, its parent.


def flipped(path: Path) -> None:
    """Change one bit in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncated(path: Path) -> None:
    """Lose the end."""
    path.write_bytes(path.read_bytes()[:-5])


@pytest.mark.parametrize("name", [TENSORS_FILE, STATE_FILE])
@pytest.mark.parametrize("damage", [flipped, truncated, Path.unlink])
def test_every_damage_is_found(
    state: CheckpointState, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    """A flipped bit, a lost end, a lost file."""
    save_checkpoint(state, tmp_path / "one", cause="command")
    damage(tmp_path / "one" / name)

    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path / "one")


def test_a_newer_format_is_refused(state: CheckpointState, tmp_path: Path) -> None:
    """Instead of being misread."""
    save_checkpoint(state, tmp_path / "one", cause="command")
    manifest = json.loads((tmp_path / "one" / MANIFEST_FILE).read_text())
    (tmp_path / "one" / MANIFEST_FILE).write_text(json.dumps(manifest | {"format": 99}))

    with pytest.raises(CheckpointError, match="newer"):
        load_checkpoint(tmp_path / "one")


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    """Without a manifest, or with one that names other files."""
    with pytest.raises(CheckpointError, match="can't be read"):
        load_checkpoint(tmp_path)
    (tmp_path / MANIFEST_FILE).write_text("{}")
    with pytest.raises(CheckpointError, match="no valid manifest"):
        load_checkpoint(tmp_path)


def test_weights_that_are_not_finite_are_not_saved(state: CheckpointState, tmp_path: Path) -> None:
    """The last finite checkpoint is worth more."""
    spoilt = replace(state, weights=np.full_like(state.weights, np.nan))

    with pytest.raises(CheckpointError, match="NaN"):
        save_checkpoint(spoilt, tmp_path / "one", cause="pause")
    assert list(tmp_path.iterdir()) == []


def test_going_on_never_takes_a_counter_back(state: CheckpointState) -> None:
    """Weights and returns are the checkpoint's; what was really done and reached stays."""
    then = state.document
    done = Progress(env_steps=90_000, updates=7_000, episodes=900, seconds=12.5)
    facts = WindowState(
        best=FullWindow(999.0, 1.0), solved_at=SolvedAt(env_steps=5, seconds=1.0), solved_for=3.0
    )

    after = continued(
        state,
        progress=done,
        facts=facts,
        revision=4,
        settings={"gamma": 0.5},
        since_env_step={"gamma": 80_000},
    )

    assert after.weights is state.weights
    document = after.document
    assert (document.env_steps, document.updates) == (90_000, 7_000)
    assert (document.episodes, document.seconds) == (900, 12.5)
    assert document.recent_returns == then.recent_returns
    assert window_of(document).best == facts.best
    assert window_of(document).first == window_of(then).first
    assert (window_of(document).solved_at, document.solved_for) == (facts.solved_at, 3.0)
    assert (document.hyperparameter_revision, document.hyperparameters) == (4, {"gamma": 0.5})
    assert document.generators == then.generators


def test_a_record_that_is_behind_a_checkpoint_does_not_hold_it_back(
    state: CheckpointState,
) -> None:
    """Workers go on between a flush and a checkpoint: the larger number is what was done."""
    after = continued(
        state,
        progress=Progress(env_steps=1, updates=1, seconds=0.001),
        facts=WindowState(),
        revision=0,
        settings={},
        since_env_step={},
    )

    assert after.document.env_steps == state.document.env_steps
    assert after.document.updates == state.document.updates
    assert after.document.seconds == state.document.seconds
