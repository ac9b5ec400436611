"""The last test episodes of a run, in environments that hang; see test_host for those that end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.hosting import ENDLESS, Hosted, hosted
from fakes.probe_environments import HANGING
from matinee.contracts.commands import Abort, Interrupt, SetHyperparameters, Stop
from matinee.contracts.run_state import RunState
from matinee.worker import final_evaluation
from matinee.worker import host as host_module

FAULTY = "Probe/Faulty-v0"


@pytest.fixture(autouse=True)
def lets_go() -> Iterator[None]:
    """Whatever hangs does so until the test is over."""
    HANGING.clear()
    yield
    for thread in threading.enumerate():
        while thread.name in ("final-evaluation", "actor-learner-1") and thread.is_alive():
            HANGING.clear()
            thread.join(0.02)


def faulty(**kwargs: Any) -> dict[str, Any]:
    """A spec whose environment goes wrong in one thread, with test episodes at the end."""
    return {
        "environment": {"id": FAULTY, "kwargs": kwargs},
        "envs_per_worker": 1,
        "evaluation": {"episodes": 3},
    }


def stopped_while_a_worker_builds(run: Hosted) -> None:
    """The second worker hangs where it builds its environment, and training is told to stop."""
    run.wait_for_steps(0)
    run.ask(SetHyperparameters(settings={"workers": 2}))
    run.wait_until(lambda: HANGING)
    run.ask(Stop())
    run.wait_until(lambda: run.events("checkpoint_saved"))


BUILDING = faulty(fault="hang_at_start", only_in="actor-learner-1") | ENDLESS


def test_an_environment_that_is_never_built_is_given_up(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends as asked, and its record says that there were no last test episodes."""
    monkeypatch.setattr(host_module, "STOP_TIMEOUT_S", 0.3)
    monkeypatch.setattr(final_evaluation, "STANDSTILL_S", 0.3)
    with hosted(data_dir, FAULTY, runtime_dir=runtime_dir, spec=BUILDING) as run:
        stopped_while_a_worker_builds(run)
        assert run.finish() is RunState.STOPPED
    (warning,) = run.events("log_written")
    assert warning["message"] == "the last test episodes were given up: no env step for 0.3 s"
    assert run.events("evaluation_finished") == []


def test_an_abort_does_not_wait_for_an_environment_that_is_never_built(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands are served meanwhile."""
    monkeypatch.setattr(host_module, "STOP_TIMEOUT_S", 0.3)
    with hosted(data_dir, FAULTY, runtime_dir=runtime_dir, spec=BUILDING) as run:
        stopped_while_a_worker_builds(run)
        assert run.ask(Abort()).accepted
        assert run.finish() is RunState.ABORTED


def test_a_step_that_hangs_is_given_up_with_its_place(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was learned is not lost for it: the run has finished."""
    monkeypatch.setattr(final_evaluation, "STANDSTILL_S", 0.3)
    spec = faulty(fault="hang", only_in="final-evaluation")
    with hosted(data_dir, FAULTY, runtime_dir=runtime_dir, spec=spec) as run:
        assert run.finish() is RunState.FINISHED
    (warning,) = run.events("log_written")
    assert "given up: no env step for 0.3 s" in warning["message"]
    assert "probe_environments.py" in warning["message"]


@pytest.mark.parametrize(
    ("action", "end"),
    [(Abort(), RunState.ABORTED), (Interrupt(reason="x"), RunState.INTERRUPTED)],
)
def test_nobody_waits_for_a_step_that_hangs_if_told_not_to(
    data_dir: Path, runtime_dir: Path, action: Abort | Interrupt, end: RunState
) -> None:
    """An abort or an interruption is served while the environment hangs, and tells the place."""
    spec = faulty(fault="hang", only_in="final-evaluation")
    with hosted(data_dir, FAULTY, runtime_dir=runtime_dir, spec=spec) as run:
        run.wait_until(lambda: HANGING)
        assert run.ask(action).accepted
        assert run.finish() is end
    (warning,) = run.events("log_written")
    assert "were given up\n" in warning["message"]
    assert "probe_environments.py" in warning["message"]


def test_test_episodes_that_raise_fail_the_run(data_dir: Path, runtime_dir: Path) -> None:
    """As everything that an environment raises."""
    spec = faulty(fault="raise", only_in="final-evaluation")
    with hosted(data_dir, FAULTY, runtime_dir=runtime_dir, spec=spec) as run:
        assert run.finish() is RunState.FAILED
    assert "the simulator broke" in (run.snapshot.reason or "")
