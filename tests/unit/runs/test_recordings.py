"""The films in a run's folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fakes.playing_use_cases import make_recording
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.recordings import MAX_RECORDINGS, Recording
from matinee.errors import ConflictError, NotFoundError
from matinee.runs.recordings import (
    MAKING_TIMEOUT_S,
    delete_recording,
    film_file,
    find_recording,
    keep_recording,
    list_recordings,
)


def kept(run_dir: Path) -> Recording:
    """One more film."""
    recording = make_recording()
    film_file(run_dir, recording.id, "gif").write_bytes(b"film")
    keep_recording(run_dir, recording)
    return recording


def test_a_film_is_found_and_deleted(tmp_path: Path) -> None:
    """Newest first; one whose file is gone is not found, nor is one by a wrong name."""
    first, second = kept(tmp_path), kept(tmp_path)

    assert list_recordings(tmp_path) == [second, first]
    assert find_recording(tmp_path, first.id)[1].read_bytes() == b"film"
    delete_recording(tmp_path, first.id)
    find_recording(tmp_path, second.id)[1].unlink()
    for gone in (first.id, second.id, "../../x"):
        with pytest.raises(NotFoundError):
            find_recording(tmp_path, gone)
    for unknown in (first.id, "../recordings/" + second.id):
        with pytest.raises(NotFoundError):
            delete_recording(tmp_path, unknown)


def test_a_run_keeps_a_bounded_number(tmp_path: Path) -> None:
    """Nothing that somebody has recorded is deleted for a newer one: the newer one is refused."""
    recordings = [kept(tmp_path) for _ in range(MAX_RECORDINGS)]

    with pytest.raises(ConflictError, match="delete one first"):
        film_file(tmp_path, new_ulid(), "gif")
    delete_recording(tmp_path, recordings[0].id)

    assert kept(tmp_path) in list_recordings(tmp_path)


def test_what_was_never_finished_goes(tmp_path: Path) -> None:
    """After a while, with the next film; neither what is listed nor what is being made."""
    recording = kept(tmp_path)
    folder = tmp_path / "recordings"
    old, aside, young = folder / "OLD.gif", folder / ".OLD.gif", folder / "YOUNG.gif"
    for path in (old, aside, young):
        path.write_bytes(b"half")
    for path in folder.iterdir():
        if path != young:
            then = path.stat().st_mtime - 2 * MAKING_TIMEOUT_S
            os.utime(path, (then, then))
    (folder / "broken.json").write_text("{")

    film_file(tmp_path, new_ulid(), "gif")

    assert (old.exists(), aside.exists(), young.exists()) == (False, False, True)
    assert list_recordings(tmp_path) == [recording]
    assert find_recording(tmp_path, recording.id)[1].exists()
