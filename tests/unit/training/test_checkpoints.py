"""The learner's state on disk."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakes.training import Rig, small_spec
from matinee.contracts.checkpoints import MANIFEST_FILE, STATE_FILE, TENSORS_FILE
from matinee.errors import CheckpointError
from matinee.training.checkpoints import (
    CheckpointState,
    load_checkpoint,
    prune_checkpoints,
    read_manifest,
    save_checkpoint,
)


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
    manifest = save_checkpoint(state, tmp_path / "one")
    loaded = load_checkpoint(tmp_path / "one")

    assert loaded.document == state.document
    assert np.array_equal(loaded.weights, state.weights)
    assert loaded.statistics.keys() == {"average", "square_average", "beta_products"}
    for name, array in state.statistics.items():
        assert np.array_equal(loaded.statistics[name], array)
        assert loaded.statistics[name].dtype == array.dtype
    assert manifest == read_manifest(tmp_path / "one")
    assert manifest.env_steps == state.document.env_steps
    files = [tmp_path / "one" / name for name in (TENSORS_FILE, STATE_FILE)]
    assert manifest.size_bytes == sum(path.stat().st_size for path in files)


def test_nothing_half_written_has_the_final_name(
    state: CheckpointState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash at any flush leaves either no folder of that name or a whole one."""
    flushes: list[int] = []
    for crash_at in range(1, 7):
        folder = tmp_path / f"crash-{crash_at}"
        flushes = []

        def fsync(descriptor: int, flushes: list[int] = flushes, at: int = crash_at) -> None:
            flushes.append(descriptor)
            if len(flushes) == at:
                raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", fsync)
        try:
            save_checkpoint(state, folder)
        except CheckpointError as error:
            assert "No space left" in str(error)  # noqa: PT017 -- both ends are allowed
        if folder.exists():
            load_checkpoint(folder)

    assert len(flushes) == 5  # Three files, their folder, its parent.


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
    save_checkpoint(state, tmp_path / "one")
    damage(tmp_path / "one" / name)

    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path / "one")


def test_a_newer_format_is_refused(state: CheckpointState, tmp_path: Path) -> None:
    """Instead of being misread."""
    save_checkpoint(state, tmp_path / "one")
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
        save_checkpoint(spoilt, tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def saved_series(state: CheckpointState, folder: Path) -> None:
    """Five checkpoints: the third has the best return; and what a crash left."""
    for number, mean in enumerate((10.0, 20.0, 90.0, 30.0, 40.0)):
        document = state.document.model_copy(
            update={"env_steps": number * 100, "recent_returns": [mean]}
        )
        save_checkpoint(replace(state, document=document), folder / f"c{number}")
    shutil.copytree(folder / "c4", folder / "c9.tmp")


def test_the_newest_and_the_best_stay(state: CheckpointState, tmp_path: Path) -> None:
    """Everything else goes, also what was half written."""
    saved_series(state, tmp_path)

    stay, deleted = prune_checkpoints(tmp_path, keep_last=2, keep_best=True)

    assert (stay, deleted) == (["c2", "c3", "c4"], ["c0", "c1"])
    assert sorted(path.name for path in tmp_path.iterdir()) == stay


def test_without_keep_best_only_the_newest_stay(state: CheckpointState, tmp_path: Path) -> None:
    """The best is deleted like the others."""
    saved_series(state, tmp_path)

    assert prune_checkpoints(tmp_path, keep_last=1, keep_best=False)[0] == ["c4"]
