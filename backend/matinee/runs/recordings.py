"""The films in a run's folder: `recordings/<ULID>.gif` or `.webp`, and a JSON beside each.

The server writes the JSON last and deletes it first: a film without one does not exist. What is
being written has a name that begins with a dot. Functions block: call them in threads.
"""

from __future__ import annotations

import math
import re
import time
from contextlib import suppress
from pathlib import Path

import structlog
from pydantic import ValidationError

from matinee.contracts.identifiers import ULID_PATTERN
from matinee.contracts.recordings import MAX_RECORDINGS, FilmFormat, Recording
from matinee.errors import ConflictError, NotFoundError
from matinee.journal.plain_files import is_plain_file, is_plain_folder, read_within

RECORDINGS = "recordings"
MAKING_TIMEOUT_S = 600.0
"""A film that is not listed after so long was given up."""

log = structlog.get_logger(__name__)


def film_file(run_dir: Path, recording_id: str, film_format: FilmFormat) -> Path:
    """Where a film is or shall be; its folder is made.

    Raises:
        ConflictError: the run has as many as it may have.
    """
    if len(list_recordings(run_dir)) >= MAX_RECORDINGS:
        raise ConflictError(
            f"run {run_dir.name} has {MAX_RECORDINGS} recordings, as many as it may have; delete "
            "one first",
            code="too_many_recordings",
        )
    folder = run_dir / RECORDINGS
    folder.mkdir(mode=0o700, exist_ok=True)
    _sweep(folder, older_than_s=MAKING_TIMEOUT_S)
    return folder / f"{recording_id}.{film_format}"


def keep_recording(run_dir: Path, recording: Recording) -> None:
    """List a film from now on."""
    path = _about(run_dir, recording.id)
    aside = path.with_name(f".{path.name}")
    aside.write_text(recording.model_dump_json(by_alias=True), encoding="utf-8")
    aside.replace(path)


def list_recordings(run_dir: Path) -> list[Recording]:
    """Newest first."""
    found = []
    for path in sorted((run_dir / RECORDINGS).glob("*.json"), reverse=True):
        if not re.fullmatch(ULID_PATTERN, path.stem):
            continue
        try:
            text = read_within(run_dir, RECORDINGS, path.name)
            found.append(Recording.model_validate_json(text))
        except (OSError, ValidationError):
            log.warning("recording_unreadable", path=str(path))
    return found


def find_recording(run_dir: Path, recording_id: str) -> tuple[Recording, Path]:
    """One of them, and its file.

    Raises:
        NotFoundError: there is none of this id.
    """
    for recording in list_recordings(run_dir):
        file = run_dir / RECORDINGS / f"{recording.id}.{recording.format}"
        if recording.id == recording_id and is_plain_file(file):
            return recording, file
    raise NotFoundError(
        f"run {run_dir.name} has no recording {recording_id}", code="recording_not_found"
    )


def delete_recording(run_dir: Path, recording_id: str) -> None:
    """Take one away.

    Raises:
        NotFoundError: there is none of this id.
    """
    about = _about(run_dir, recording_id)
    if not (
        re.fullmatch(ULID_PATTERN, recording_id)
        and is_plain_folder(about.parent)
        and about.exists()
    ):
        raise NotFoundError(
            f"run {run_dir.name} has no recording {recording_id}", code="recording_not_found"
        )
    about.unlink()
    for film in about.parent.glob(f"{recording_id}.*"):
        with suppress(FileNotFoundError):
            film.unlink()


def sweep_leftovers(run_dir: Path) -> None:
    """Remove what a crash left half-made; as long as nothing is being made, however young it is."""
    folder = run_dir / RECORDINGS
    if not folder.exists():
        return
    try:
        _sweep(folder, older_than_s=-math.inf)
    except OSError:
        # They are not listed and only take space: no reason not to show the others.
        log.warning("leftovers_not_swept", path=str(folder), exc_info=True)


def _sweep(folder: Path, *, older_than_s: float) -> None:
    """Remove what a player that was killed, or a server, left half-made."""
    listed = {path.stem for path in folder.glob("*.json")}
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            is_old = time.time() - path.stat().st_mtime > older_than_s
            if is_old and (path.name.startswith(".") or path.stem not in listed):
                path.unlink()


def _about(run_dir: Path, recording_id: str) -> Path:
    return run_dir / RECORDINGS / f"{recording_id}.json"
