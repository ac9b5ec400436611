"""A run in several processes: real ones, steered, counted, failing and dying."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from fakes.training import PATIENCE_S, Rig, small_spec
from matinee.training import worker_process_handle
from matinee.training.outcome import StopCause
from matinee.training.start_value import StartValues
from matinee.training.telemetry import ProcessStatus

TESTS = Path(__file__).parents[1]
MakeRig = Callable[..., Rig]


@pytest.fixture
def make_rig(monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeRig]:
    """Two workers in two processes, without end unless told otherwise."""
    # Worker processes know the probes, too.
    monkeypatch.syspath_prepend(str(TESTS / "fakes" / "probe_plugin"))
    rigs: list[Rig] = []

    def make(environment_id: str = "CartPole-v1", **overrides: Any) -> Rig:
        settings: dict[str, Any] = {"workers": 2, "processes": 2, "budget": {"env_steps": None}}
        rig = Rig(small_spec(environment_id, **settings | overrides))
        rigs.append(rig)
        return rig

    yield make
    for rig in rigs:
        rig.trainer.control.stop(StopCause.ABORTED, "the test is over")
        rig.trainer.join(PATIENCE_S)


def env_steps(rig: Rig) -> int:
    """Done so far."""
    return rig.trainer.progress().env_steps


def process_statuses(rig: Rig) -> list[ProcessStatus]:
    """All that was told of worker processes."""
    return [status for drained in rig.drained for status in drained.process_statuses]


def when_up(rig: Rig) -> ProcessStatus:
    """Waits until the worker process is up."""
    rig.wait_until(lambda: bool(process_statuses(rig)))
    return process_statuses(rig)[0]


def change(rig: Rig, **settings: Any) -> None:
    """Change hyperparameters, and wait until they are in use."""
    revision = rig.trainer.board.propose(settings)
    rig.wait_until(lambda: rig.trainer.board.snapshot().revision == revision)


def busy_processes(rig: Rig) -> int:
    """How many processes were last seen to use the processor."""
    found = [d.metrics["process_cores"] for d in rig.drained if "process_cores" in d.metrics]
    return found[-1].count if found else 0


def workers_at_work(rig: Rig) -> set[int]:
    """Waits for more episodes than there are environments; tells who has finished any."""
    seen = len(rig.drained)
    workers: set[int] = set()

    def some_from_all() -> bool:
        nonlocal seen
        for drained in rig.drained[seen:]:
            workers.update(drained.episodes.worker.tolist())
        seen = len(rig.drained)
        return len(workers) == rig.trainer.board.snapshot().applied["workers"].value

    rig.wait_until(some_from_all)
    return workers


def newest_rates(rig: Rig) -> tuple[float, float]:
    """The lowest and the highest learning rate of the updates that were drained last."""
    drained = [each.metrics for each in rig.drained if "learning_rate" in each.metrics]
    if not drained:
        return (math.nan, math.nan)
    return (drained[-1]["learning_rate"].min, drained[-1]["learning_rate"].max)


def test_all_that_processes_do_is_counted_and_told(make_rig: MakeRig) -> None:
    """Env steps, pushes and episodes of both: none is lost between counters and records."""
    rig = make_rig()
    rig.trainer.start()
    process = when_up(rig)

    assert workers_at_work(rig) == {0, 1}
    rig.wait_until(lambda: busy_processes(rig) == 2)
    rig.trainer.control.stop(StopCause.STOPPED, "asked to")
    outcome = rig.finish()

    assert (outcome.cause, outcome.reason) == (StopCause.STOPPED, "asked to")
    assert [status.status for status in process_statuses(rig)] == ["running", "finished"]
    assert process.pid != os.getpid()
    assert process.start_s is not None
    assert not psutil.pid_exists(process.pid)
    progress = rig.trainer.progress()
    assert progress.updates == sum(
        drained.metrics["policy_loss"].count
        for drained in rig.drained
        if "policy_loss" in drained.metrics
    )
    tables = [drained.episodes for drained in rig.drained]
    assert np.concatenate([table.episode for table in tables]).tolist() == list(
        range(1, progress.episodes + 1)
    )
    lengths = np.concatenate([table.lengths for table in tables])
    assert 0 <= progress.env_steps - lengths.sum() < 2 * 4 * 500
    last = np.concatenate([table.seconds for table in tables])
    assert ((last >= 0) & (last <= progress.seconds)).all()


def test_episodes_are_followed_in_every_process(
    make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a worker in another process are told, here where this one's follows none."""
    monkeypatch.setattr(StartValues, "follow", lambda *_, **__: None)
    rig = make_rig("Probe/DelayedReward-v0")
    rig.trainer.start()
    rig.wait_until(lambda: any("start_return" in drained.metrics for drained in rig.drained))

    assert rig.last("start_return").mean == pytest.approx(0.99)


def test_processes_use_up_the_budget_together(make_rig: MakeRig) -> None:
    """No process begins a rollout that is not needed to get to the end."""
    rig = make_rig(
        "Probe/Endless-v0", hyperparameters={"rollout_length": 5}, budget={"env_steps": 10_001}
    )
    rig.trainer.control.pause()
    rig.trainer.start()
    when_up(rig)
    rig.trainer.control.resume()

    assert rig.finish().cause is StopCause.FINISHED_BUDGET
    assert env_steps(rig) == 10_020


def test_a_stop_does_not_wait_for_a_process_to_come_up(
    make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Importing takes seconds; a process that nobody needs any more is ended at once."""
    (tmp_path / "never_ready.py").write_text("import time\nwhile True:\n    time.sleep(1.0)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(worker_process_handle, "_MODULE", "never_ready")
    rig = make_rig()
    rig.trainer.start()
    rig.wait_until(lambda: rig.trainer.progress().updates > 0)
    rig.trainer.control.stop(StopCause.STOPPED, "enough")

    assert rig.trainer.join(PATIENCE_S / 2) is not None
    assert rig.finish().cause is StopCause.STOPPED
    assert [status.status for status in process_statuses(rig)] == ["finished"]


def test_a_stop_does_not_wait_for_a_worker_to_build_its_environment(
    make_rig: MakeRig, tmp_path: Path
) -> None:
    """Its process is up and the worker has begun nothing: nobody waits, and nobody has hung."""
    mark = tmp_path / "builds"
    faults = {"fault": "hang_at_start", "spared_pid": os.getpid(), "mark": str(mark)}
    rig = make_rig(environment={"id": "Probe/Faulty-v0", "kwargs": faults}, envs_per_worker=1)
    rig.trainer.start()
    rig.wait_until(mark.exists)
    rig.trainer.control.stop(StopCause.STOPPED, "asked to")

    outcome = rig.finish()

    assert (outcome.cause, outcome.reason) == (StopCause.STOPPED, "asked to")
    assert [status.status for status in process_statuses(rig)] == ["running", "finished"]


def test_what_is_saved_before_a_process_is_up_can_be_resumed(make_rig: MakeRig) -> None:
    """Its workers have drawn nothing yet: they begin where they would have begun."""
    rig = make_rig()
    state = rig.trainer.capture()
    before = state.document.generators

    resumed = Rig(rig.trainer._spec, restore=state)

    assert resumed.trainer.capture().document.generators == before
    assert before[1]["bit_generator"] == "PCG64"


def test_processes_are_steered_like_threads(make_rig: MakeRig) -> None:
    """Pause, step, resume, a change and more workers or fewer reach workers of all processes."""
    rig = make_rig(workers=3)
    control = rig.trainer.control
    rig.trainer.start()
    assert workers_at_work(rig) == {0, 1, 2}

    control.pause()
    rig.wait_until(lambda: control.paused)
    stood_at = rig.trainer.progress()
    weights = rig.trainer.capture().weights
    assert not control.stopping.wait(0.05)
    assert rig.trainer.progress().env_steps == stood_at.env_steps
    assert rig.trainer.progress().seconds == stood_at.seconds
    assert (rig.trainer.capture().weights == weights).all()

    for count in (1, 2, 3):
        control.step(updates=1)
        rig.wait_until(lambda: control.paused)
        assert rig.trainer.progress().updates == stood_at.updates + count

    control.resume()
    rig.drained.clear()
    assert workers_at_work(rig) == {0, 1, 2}
    change(rig, learning_rate=0.25)
    rig.drained.clear()
    assert workers_at_work(rig) == {0, 1, 2}
    # The first to be drained may hold updates from before the change, too.
    rig.wait_until(lambda: newest_rates(rig) == pytest.approx((0.25, 0.25)))

    change(rig, workers=4)
    rig.drained.clear()
    assert workers_at_work(rig) == {0, 1, 2, 3}

    weights = rig.trainer.capture().weights
    change(rig, envs_per_worker=7)
    rig.drained.clear()
    assert workers_at_work(rig) == {0, 1, 2, 3}
    assert (rig.trainer.capture().weights != weights).any()

    change(rig, workers=1)
    rig.wait_until(lambda: "finished" in [status.status for status in process_statuses(rig)])
    rig.drained.clear()
    assert workers_at_work(rig) == {0}


def test_a_worker_does_the_same_in_any_process(make_rig: MakeRig) -> None:
    """Its seeds are its own: with weights that stand still its episodes repeat, one by one."""

    def lengths(processes: int) -> dict[int, list[int]]:
        rig = make_rig(
            processes=processes,
            hyperparameters={"learning_rate": 0.0},
            budget={"env_steps": None},
        )
        rig.trainer.start()
        rig.wait_until(lambda: min(map(len, by_worker(rig).values()), default=0) >= 20)
        rig.trainer.control.stop(StopCause.STOPPED, "enough")
        rig.finish()
        return {worker: own[:20] for worker, own in by_worker(rig).items()}

    def by_worker(rig: Rig) -> dict[int, list[int]]:
        own: dict[int, list[int]] = {0: [], 1: []}
        for drained in rig.drained:
            for worker, length in zip(
                drained.episodes.worker.tolist(), drained.episodes.lengths.tolist(), strict=True
            ):
                own[worker].append(length)
        return own

    assert lengths(1) == lengths(2)


def test_two_processes_learn_together(make_rig: MakeRig) -> None:
    """What each learns is in the weights that both use: the task is solved."""
    rig = make_rig(
        "Probe/MatchReward-v0",
        hyperparameters={"learning_rate": 0.01},
        budget={"env_steps": None, "target_return": 0.9},
    )
    rig.trainer.control.pause()
    rig.trainer.start()
    when_up(rig)
    rig.trainer.control.resume()

    assert rig.finish().cause is StopCause.FINISHED_TARGET


@pytest.mark.parametrize(
    ("number", "how", "dump"),
    [
        (signal.SIGKILL, "was killed (SIGKILL)", ""),
        (signal.SIGSEGV, "was ended by SIGSEGV", "Fatal Python error: Segmentation fault"),
    ],
)
def test_a_process_that_dies_fails_the_run(
    make_rig: MakeRig, number: signal.Signals, how: str, dump: str
) -> None:
    """With a reason that names it and says how it died; nothing waits for what will not come."""
    rig = make_rig()
    rig.trainer.start()
    process = when_up(rig)
    os.kill(process.pid, number)

    outcome = rig.finish()

    assert outcome.cause is StopCause.FAILED
    assert outcome.reason.startswith(f"worker-process-1 (process {process.pid}) {how}")
    assert (outcome.traceback_text or "").startswith(dump)
    assert process_statuses(rig)[-1].status == "failed"


def test_an_exception_in_a_process_fails_the_run(make_rig: MakeRig) -> None:
    """It arrives as it was raised, with the traceback of where that was."""
    rig = make_rig(
        environment={"id": "Probe/Faulty-v0", "kwargs": {"spared_pid": os.getpid()}},
    )

    outcome = rig.run()

    assert outcome.cause is StopCause.FAILED
    assert isinstance(outcome.error, RuntimeError)
    assert outcome.reason == "actor-learner-1 failed: RuntimeError: the simulator broke"
    assert outcome.traceback_text is not None
    assert "probe_environments.py" in outcome.traceback_text


def test_a_process_that_hangs_is_named_and_killed(make_rig: MakeRig, tmp_path: Path) -> None:
    """A stop is answered in bounded time also then, with the line at which it hangs."""
    mark = tmp_path / "hangs"
    faults = {"fault": "hang", "spared_pid": os.getpid(), "mark": str(mark)}
    rig = make_rig(environment={"id": "Probe/Faulty-v0", "kwargs": faults}, envs_per_worker=1)
    rig.trainer.start()
    process = when_up(rig)
    rig.wait_until(mark.exists)
    rig.trainer.control.stop(StopCause.STOPPED, "asked to")

    outcome = rig.trainer.join(0.1)

    assert outcome is not None
    assert outcome.cause is StopCause.FAILED
    assert "actor-learner-1" in outcome.reason
    assert outcome.traceback_text is not None
    assert "probe_environments.py" in outcome.traceback_text
    psutil.wait_procs([psutil.Process(process.pid)], timeout=PATIENCE_S)


_RUN_PROCESS = """
import sys, threading
from fakes.training import Rig, small_spec
rig = Rig(small_spec("CartPole-v1", workers=2, processes=2, budget={"env_steps": None}))
rig.trainer.start()
rig.wait_until(lambda: any(drained.process_statuses for drained in rig.drained))
print("up", flush=True)
rig.finish()
"""


def test_no_process_survives_the_run_process() -> None:
    """After SIGKILL to the run process nobody is left to hold its standard output open."""
    folders = (TESTS.parent / "backend", TESTS)
    run_process = subprocess.Popen(
        [sys.executable, "-c", _RUN_PROCESS],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))},
    )
    assert run_process.stdout is not None
    assert run_process.stdout.readline() == b"up\n"

    run_process.kill()

    rest, _ = run_process.communicate(timeout=PATIENCE_S)
    assert rest == b""
