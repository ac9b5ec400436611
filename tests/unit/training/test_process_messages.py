"""Exceptions and hyperparameters on their way between processes."""

from __future__ import annotations

import pickle
import traceback

import pytest

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.hyperparameters import default_settings
from matinee.errors import WorkerFailedError
from matinee.training.hyperparameters import HyperparameterSet
from matinee.training.process_messages import Failed, Hyperparameters


class Stubborn(Exception):  # noqa: N818 -- as foreign code may name it
    """Can be sent, but not be made again."""

    def __init__(self, *, part: str) -> None:
        super().__init__(f"broken: {part}")


def sent(error: BaseException) -> BaseException:
    """An exception as it arrives in the other process."""

    def fail() -> None:
        raise error

    try:
        fail()
    except BaseException as raised:  # noqa: BLE001 -- whatever it is
        message: Failed = pickle.loads(pickle.dumps(Failed.of(raised)))  # noqa: S301 -- our own
    return message.error("actor-learner-1")


def test_an_exception_arrives_as_it_was_raised() -> None:
    """Type, message, and the place where it was raised."""
    error = sent(ValueError("3 is too much"))

    assert isinstance(error, ValueError)
    assert str(error) == "3 is too much"
    assert "test_process_messages.py" in "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    "error", [Stubborn(part="wheel"), type("Local", (Exception,), {})("broken: wheel")]
)
def test_what_cannot_be_sent_arrives_in_words(error: Exception) -> None:
    """With the name of the worker, its type and its message, and with the place."""
    arrived = sent(error)

    assert isinstance(arrived, WorkerFailedError)
    assert str(arrived) == f"actor-learner-1 failed: {type(error).__name__}: broken: wheel"
    assert "test_process_messages.py" in arrived.traceback_text


def test_hyperparameters_arrive_whole() -> None:
    """The same values, revision and beginnings."""
    settings = default_settings(Algorithm.A3C) | {"workers": 2}
    before = HyperparameterSet(
        revision=3, settings=settings, since_env_step=dict.fromkeys(settings, 17)
    )

    message = Hyperparameters.of(before, edition=5)
    after = pickle.loads(pickle.dumps(message)).as_set()  # noqa: S301 -- our own

    assert after.revision == 3
    assert after.values_at(100) == before.values_at(100)
    assert dict(after.since_env_step) == dict(before.since_env_step)
