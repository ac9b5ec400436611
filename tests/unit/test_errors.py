"""The tree of errors: stable codes, and a drawing that shows all of it."""

from __future__ import annotations

import inspect
import re

from matinee import errors
from matinee.errors import InvalidInputError, MatineeError, WorkerFailedError


def tree(base: type[MatineeError]) -> set[type[MatineeError]]:
    """A class and everything below it."""
    return {base}.union(*(tree(child) for child in base.__subclasses__()))


def test_the_drawing_shows_every_error_in_its_place() -> None:
    """The tree in the module's docstring is the tree of the classes."""
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (inspect.getdoc(errors) or "").splitlines():
        match = re.match(r"^([ │├└─]*)(\w*Error)\b", line)
        if match is None:
            continue
        depth = len(match[1]) // 4 - 1
        del path[depth:]
        drawn[match[2]] = path[-1] if path else ""
        path.append(match[2])
    ours = {cls for cls in tree(MatineeError) if cls.__module__ == errors.__name__}

    assert drawn.keys() == {cls.__name__ for cls in ours}
    for cls in ours - {MatineeError}:
        assert drawn[cls.__name__] == cls.__bases__[0].__name__


def test_codes_are_unique() -> None:
    """A script that compares codes can tell all errors apart."""
    ours = [cls for cls in tree(MatineeError) if cls.__module__ == errors.__name__]

    assert len({cls.code for cls in ours}) == len(ours)


def test_a_code_can_be_made_more_precise() -> None:
    """An instance may carry a code of its own; the class keeps its own."""
    assert InvalidInputError("no", code="invalid_spec").code == "invalid_spec"
    assert InvalidInputError("no").code == InvalidInputError.code


def test_a_failed_worker_brings_its_traceback() -> None:
    """The traceback of a thread travels with the error."""
    error = WorkerFailedError("worker 1 failed", traceback_text="Traceback …")

    assert error.traceback_text == "Traceback …"
    assert str(error) == "worker 1 failed"
