"""Environments that hang, as they are built or stepped, hold nobody up without end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fakes.probe_environments import HANGING
from fakes.training import Rig, small_spec
from matinee.errors import EvaluationHangsError, WorkerFailedError
from matinee.training import evaluator
from matinee.training.outcome import StopCause

OPEN_END: dict[str, Any] = {"budget": {"env_steps": None}}


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Nothing hangs yet."""
    HANGING.clear()


def let_go(rig: Rig) -> None:
    """Let what hangs go on until no thread is left: it may hang once more before its end."""

    def has_ended() -> bool:
        HANGING.clear()
        return not rig.trainer._threads.living()

    rig.wait_until(has_ended)


def test_a_hanging_environment_is_told_with_its_stack() -> None:
    """A stop is answered in bounded time also then, naming the thread and the line."""
    rig = Rig(
        small_spec(
            "Probe/Faulty-v0",
            environment={"id": "Probe/Faulty-v0", "kwargs": {"fault": "hang"}},
            envs_per_worker=1,
            **OPEN_END,
        )
    )
    rig.trainer.start()
    rig.wait_until(lambda: bool(HANGING))
    rig.trainer.control.stop(StopCause.STOPPED, "asked to")

    outcome = rig.trainer.join(0.1)

    let_go(rig)
    assert outcome is not None
    assert outcome.cause is StopCause.FAILED
    assert isinstance(outcome.error, WorkerFailedError)
    assert "actor-learner-0" in outcome.reason
    assert "in step" in outcome.error.traceback_text


def test_a_worker_that_is_still_starting_has_not_hung() -> None:
    """It builds its environment on a slow machine: a stop ends the run as asked, and names it."""
    rig = Rig(
        small_spec(
            "Probe/Faulty-v0",
            environment={"id": "Probe/Faulty-v0", "kwargs": {"fault": "hang_at_start"}},
            envs_per_worker=1,
            **OPEN_END,
        )
    )
    rig.trainer.start()
    rig.wait_until(lambda: bool(HANGING))
    assert rig.trainer.join(0.0) is None
    rig.trainer.control.stop(StopCause.STOPPED, "asked to")
    rig.wait_until(lambda: rig.trainer._threads.living() == {"actor-learner-0"})

    outcome = rig.trainer.join(0.0)

    let_go(rig)
    assert outcome is not None
    assert outcome.cause is StopCause.STOPPED
    assert outcome.reason == "asked to; actor-learner-0 had not started yet"


@pytest.fixture
def late_worker() -> Iterator[Rig]:
    """One worker trains and test episodes are due; a second hangs while it builds."""
    faults = {"fault": "hang_at_start", "only_in": "actor-learner-1"}
    rig = Rig(
        small_spec(
            "Probe/Faulty-v0",
            environment={"id": "Probe/Faulty-v0", "kwargs": faults},
            envs_per_worker=1,
            evaluation={"every_env_steps": 200, "episodes": 2},
            **OPEN_END,
        )
    )
    rig.trainer.start()
    rig.wait_until(lambda: rig.trainer.progress().env_steps > 0)
    rig.trainer.board.propose({"workers": 2})
    rig.wait_until(lambda: bool(HANGING))
    blocked_from = rig.trainer.progress().env_steps + 2 * 200
    rig.wait_until(lambda: rig.trainer.progress().env_steps > blocked_from)
    yield rig
    rig.trainer.control.stop(StopCause.ABORTED, "the test is over")
    let_go(rig)


def test_test_episodes_do_not_wait_for_a_worker_that_is_still_starting(late_worker: Rig) -> None:
    """They can't build their environment before it has: a stop ends the run all the same."""
    trainer = late_worker.trainer
    trainer.control.stop(StopCause.STOPPED, "asked to")
    late_worker.wait_until(lambda: trainer._threads.living() == {"actor-learner-1"})

    outcome = trainer.join(0.0)
    answers = iter([False, False, True])
    result = trainer.evaluate(2, deterministic=True, should_stop=lambda: next(answers))

    assert outcome is not None
    assert outcome.cause is StopCause.STOPPED
    assert outcome.reason == "asked to; actor-learner-1 had not started yet"
    assert result is None


def test_a_worker_does_not_wait_for_another_that_is_still_starting(late_worker: Rig) -> None:
    """A third one that can't build its environments before the second has, ends with a stop."""
    trainer = late_worker.trainer
    trainer.board.propose({"workers": 3})
    late_worker.wait_until(lambda: "actor-learner-2" in trainer._threads.living())
    trainer.control.stop(StopCause.STOPPED, "asked to")

    late_worker.wait_until(lambda: trainer._threads.living() == {"actor-learner-1"})

    outcome = trainer.join(0.0)
    assert outcome is not None
    assert outcome.cause is StopCause.STOPPED


def test_test_episodes_that_hang_do_not_fail_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop ends it as asked, and says so; whoever wants to play after them is told."""
    monkeypatch.setattr(evaluator, "LOCK_PATIENCE_S", 0.1)
    faults = {"fault": "hang", "only_in": "evaluation"}
    rig = Rig(
        small_spec(
            "Probe/Faulty-v0",
            environment={"id": "Probe/Faulty-v0", "kwargs": faults},
            evaluation={"every_env_steps": 200, "episodes": 3},
            **OPEN_END,
        )
    )
    rig.trainer.start()
    rig.wait_until(lambda: bool(HANGING))
    rig.trainer.control.stop(StopCause.STOPPED, "asked to")
    rig.wait_until(lambda: rig.trainer._threads.living() == {"evaluation"})

    outcome = rig.trainer.join(0.0)
    with pytest.raises(EvaluationHangsError, match=r"waited 0\.1 s"):
        rig.trainer.evaluate(1, deterministic=True, should_stop=lambda: False)
    let_go(rig)

    assert outcome is not None
    assert outcome.cause is StopCause.STOPPED
    assert outcome.reason == "asked to; evaluation had not ended its test episodes"
