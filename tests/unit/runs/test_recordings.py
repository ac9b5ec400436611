"""The films in a run's folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import structlog

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
    sweep_leftovers,
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


def test_what_is_being_written_is_no_recording(tmp_path: Path) -> None:
    """Neither listed nor counted, also when a crash has left it whole."""
    recordings = [kept(tmp_path) for _ in range(MAX_RECORDINGS - 1)]
    about = tmp_path / "recordings" / f"{recordings[0].id}.json"
    shutil.copy(about, about.with_name(f".{about.name}"))

    assert list_recordings(tmp_path) == recordings[::-1]
    film_file(tmp_path, new_ulid(), "gif")


def test_leftovers_of_a_crash_go_however_young_they_are(tmp_path: Path) -> None:
    """As long as nothing is being made; what is listed stays, and no folder is no error."""
    sweep_leftovers(tmp_path)
    recording = kept(tmp_path)
    folder = tmp_path / "recordings"
    left = [folder / name for name in (f".{recording.id}.json", ".NEW.gif", "NEW.gif")]
    for path in left:
        path.write_bytes(b"half")

    sweep_leftovers(tmp_path)

    assert not any(path.exists() for path in left)
    assert find_recording(tmp_path, recording.id)[1].exists()


def test_a_leftover_that_stays_hides_no_film(tmp_path: Path) -> None:
    """What can't be removed is logged, and the others are there."""
    recording = kept(tmp_path)
    (tmp_path / "recordings" / ".folder").mkdir()

    with structlog.testing.capture_logs() as logs:
        sweep_leftovers(tmp_path)

    assert [each["event"] for each in logs] == ["leftovers_not_swept"]
    assert list_recordings(tmp_path) == [recording]
