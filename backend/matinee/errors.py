"""Every error that Matinee raises on purpose, with a stable code.

    MatineeError
    ├── InvalidInputError            a value is wrong; carries one message per field
    ├── NotFoundError                the thing named does not exist
    ├── ConflictError                the thing exists, but not in a state that allows this
    ├── PreconditionFailedError      If-Match names an older revision
    ├── PreconditionRequiredError    If-Match is missing
    ├── AuthenticationError          no valid token or session
    ├── ForbiddenError               wrong Host, Origin or kind of request, or too low a role
    ├── LimitExceededError           a server limit (runs, rate) is reached
    ├── RunUnreachableError          a run process does not answer on its control socket
    ├── ServerUnreachableError       the server does not answer, or not as Matinee does
    ├── EnvironmentBuildError        an environment can't be made here
    │   └── BuildGivenUpError        others were built meanwhile, until there was no more point
    ├── TrainingError                training can't go on
    │   ├── EvaluationHangsError     test episodes of another thread do not end
    │   ├── NonFiniteError           NaN or infinity in loss, gradient or weights
    │   └── WorkerFailedError        an actor-learner raised; carries its traceback
    ├── ProgramError                 a program that makes a file for somebody fails or hangs
    ├── CheckpointError              a checkpoint can't be written, read or verified
    ├── BackupError                  a backup can't be made, is not whole, or is none
    ├── CatalogueError               catalogue.db can't be used
    ├── TokenFileError               tokens.json can't be used
    └── JournalError                 run.db can't be used
        ├── JournalOwnedError        another process is the writer
        └── JournalVersionError      written by a newer Matinee

Low layers raise these; `web.problems` and the command line translate them once, at the edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field: where it is and what is allowed there."""

    loc: tuple[str | int, ...]
    message: str


class MatineeError(Exception):
    """Base of all errors that Matinee raises on purpose.

    `code` is stable: scripts may compare it. `str(error)` is for people.
    """

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


MAX_NAMED_FIELDS = 100
"""So many wrong fields an answer names; whoever sent more has not made them by hand."""


def count_in_words(fields: Sequence[FieldError]) -> str:
    """How many fields are wrong; of more than are named, nobody has looked for all."""
    return f"{MAX_NAMED_FIELDS} or more" if len(fields) >= MAX_NAMED_FIELDS else str(len(fields))


class InvalidInputError(MatineeError):
    """A value from outside is not allowed; `fields` says which and what would be."""

    code = "invalid_input"

    def __init__(
        self, message: str, *, fields: Sequence[FieldError] = (), code: str | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.fields = tuple(fields)


class NotFoundError(MatineeError):
    """The thing named does not exist."""

    code = "not_found"


class ConflictError(MatineeError):
    """The thing exists, but its present state does not allow this."""

    code = "conflict"


class PreconditionFailedError(MatineeError):
    """`If-Match` names a revision that is no longer the newest."""

    code = "stale_revision"


class PreconditionRequiredError(MatineeError):
    """`If-Match` is needed, so that nobody's change is overwritten unseen."""

    code = "revision_required"


class AuthenticationError(MatineeError):
    """No valid token or session came with the request."""

    code = "unauthenticated"


class ForbiddenError(MatineeError):
    """The request came under a wrong name, from a wrong page, in a wrong form, or needs a role."""

    code = "forbidden"


class LimitExceededError(MatineeError):
    """A limit of this server is reached."""

    code = "limit_exceeded"


class RunUnreachableError(MatineeError):
    """The run process does not answer on its control socket."""

    code = "run_unreachable"


class ServerUnreachableError(MatineeError):
    """A client can't reach the server, or what answers there is not Matinee."""

    code = "server_unreachable"


class EnvironmentBuildError(MatineeError):
    """An environment can't be made here; the message says what to install."""

    code = "environment_unavailable"


class BuildGivenUpError(EnvironmentBuildError):
    """Another thread built environments for so long that there is no more point in waiting."""

    code = "build_given_up"


class TrainingError(MatineeError):
    """Training can't go on."""

    code = "training_failed"


class EvaluationHangsError(TrainingError):
    """Test episodes that another thread plays do not end."""

    code = "evaluation_hangs"


class NonFiniteError(TrainingError):
    """A loss, gradient or weight is NaN or infinite."""

    code = "non_finite"


class WorkerFailedError(TrainingError):
    """An actor-learner raised; `traceback_text` is its traceback."""

    code = "worker_failed"

    def __init__(self, message: str, *, traceback_text: str) -> None:
        super().__init__(message)
        self.traceback_text = traceback_text


class ProgramError(MatineeError):
    """A program that makes a file for somebody fails, or says nothing for too long."""

    code = "program_failed"


class CheckpointError(MatineeError):
    """A checkpoint can't be written, read or verified."""

    code = "checkpoint"


class BackupError(MatineeError):
    """A backup can't be made, is not whole, or is none."""

    code = "backup"


class CatalogueError(MatineeError):
    """catalogue.db can't be used; it is an index, so deleting it loses no run."""

    code = "catalogue"


class TokenFileError(MatineeError):
    """tokens.json can't be used; nobody gets in with a named token until it can."""

    code = "token_file"


class JournalError(MatineeError):
    """run.db can't be used."""

    code = "journal"


class JournalOwnedError(JournalError):
    """Another process is the writer of this run.db."""

    code = "journal_owned"


class JournalVersionError(JournalError):
    """run.db was written by a newer Matinee."""

    code = "journal_version"
