"""The table of threads: what each does, how fast, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from matinee.contracts.progress import Progress
from matinee.contracts.workers import WorkerTable
from matinee.training.heartbeats import Heartbeat
from matinee.training.run_observer import Drained
from matinee.training.telemetry import ProcessStatus, WorkerStatus
from matinee.training.thread_readings import ThreadReading
from matinee.training.waiting_episodes import EpisodeTable
from matinee.worker.worker_book import TABLE_INTERVAL_S, WorkerBook

THREAD = "actor-learner-0"


def reading(**changes: Any) -> ThreadReading:
    """Worker 0, alive."""
    values: dict[str, Any] = {
        "thread": THREAD,
        "role": "actor-learner",
        "slot": 0,
        "process": 0,
        "env_steps": 0,
        "updates": 0,
        "lags": np.empty(0),
        "lives": True,
        "has_lived": True,
        "is_starting": False,
        "error": None,
    }
    return ThreadReading(**(values | changes))


def episodes(*returns: float, worker: int = 0) -> EpisodeTable:
    """Of one worker, in this order."""
    count = len(returns)
    whole = np.arange(count)
    return EpisodeTable(
        episode=whole,
        worker=np.full(count, worker),
        env_step=whole,
        seconds=np.zeros(count),
        returns=np.array(returns),
        lengths=whole,
    )


@dataclass
class Desk:
    """A book, and flushes for it."""

    stacks: list[str] = field(default_factory=list)
    book: WorkerBook = field(init=False)

    def __post_init__(self) -> None:
        """Open it."""
        self.book = WorkerBook(stack_of=self._stack_of)

    def _stack_of(self, thread: str) -> str:
        self.stacks.append(thread)
        return "File env.py, line 7, in step"

    def look(
        self, seconds: float, *readings: ThreadReading, stands: bool = False, **drained: Any
    ) -> WorkerTable | None:
        """Another flush."""
        values: dict[str, Any] = {
            "is_measured": True,
            "finished_returns": np.empty(0),
            "episodes": episodes(),
            "metrics": {},
            "worker_statuses": [],
            "process_statuses": [],
            "evaluations": [],
            "histograms": {},
            "histogram_labels": {},
            "heartbeats": (),
            "weights_are_finite": True,
            "threads": readings or (reading(),),
        }
        return self.book.look(
            Drained(**(values | drained)),
            Progress(seconds=seconds, env_steps=7),
            thresholds={},
            stands=stands,
        )

    def table(self, seconds: float, *readings: ThreadReading, **more: Any) -> WorkerTable:
        """The table that is due."""
        table = self.look(seconds, *readings, **more)
        assert table is not None
        return table


def test_speeds_are_differences_over_training_time() -> None:
    """By hand: 300 steps and 6 updates in two seconds; a thread that stands has no speed."""
    desk = Desk()
    desk.table(10.0)
    (row,) = desk.table(12.0, reading(env_steps=300, updates=6)).threads
    (standing,) = desk.table(12.0, reading(env_steps=300, updates=6), stands=True).threads

    assert (row.env_steps, row.steps_per_second, row.updates_per_second) == (300, 150.0, 3.0)
    assert (standing.state, standing.steps_per_second) == ("paused", 0.0)


def test_a_table_comes_once_a_second_and_at_a_change() -> None:
    """In between nothing is written; that a thread has ended is told at once."""
    desk = Desk()
    desk.table(1.0)
    soon = 1.0 + TABLE_INTERVAL_S / 2

    assert desk.look(soon) is None
    assert desk.table(soon, reading(lives=False)).threads[0].state == "finished"
    assert desk.look(soon, reading(lives=False)) is None
    assert desk.look(soon, is_measured=False, threads=()) is None


def test_the_last_table_has_everything() -> None:
    """What a thread did just before it ended may come after the table that says so."""
    desk = Desk()
    desk.table(1.0)
    ended = reading(lives=False, env_steps=20, updates=2)
    assert desk.table(1.1, ended, episodes=episodes(1.0)).threads[0].episodes == 1

    (row,) = desk.table(1.2, ended, episodes=episodes(2.0, 3.0)).threads

    assert (row.state, row.episodes, row.last_return) == ("finished", 3, 3.0)
    assert desk.look(1.3, ended) is None
    assert desk.look(1.4, reading(), reading(lives=False), episodes=episodes(4.0)) is not None
    assert desk.look(1.5, reading(), reading(lives=False), episodes=episodes(5.0)) is None


def test_episodes_and_lags_of_every_flush_count() -> None:
    """Also those of flushes without a table; a return that is no number is not the last one."""
    desk = Desk()
    desk.table(1.0)
    desk.look(1.2, episodes=episodes(1.0, 2.0), is_measured=False, threads=())
    desk.look(1.3, reading(lags=np.array([0.0, 1.0])), episodes=episodes(3.0, np.nan))
    desk.look(1.4, episodes=episodes(9.0, worker=1))
    (row,) = desk.table(2.5, reading(lags=np.array([5.0]))).threads
    (later,) = desk.table(4.0).threads

    assert (row.episodes, row.last_return) == (4, 3.0)
    assert row.policy_lag is not None
    assert row.policy_lag.model_dump() == {"min": 0.0, "mean": 2.0, "max": 5.0}
    assert (later.episodes, later.policy_lag) == (4, None)


def test_a_silent_thread_hangs_and_says_where() -> None:
    """Much longer than usual and longer than the alert's threshold; its stack is read once."""
    desk = Desk()
    (slow,) = desk.table(10.0, heartbeats=(Heartbeat(THREAD, 4.0, 0.01, 9),)).threads
    (hung,) = desk.table(20.0, heartbeats=(Heartbeat(THREAD, 14.0, 0.01, 9),)).threads
    desk.table(22.0, heartbeats=(Heartbeat(THREAD, 16.0, 0.01, 9),))
    (slack,) = desk.table(30.0, heartbeats=(Heartbeat(THREAD, 14.0, 5.0, 9),)).threads

    assert (slow.state, slow.stack) == ("running", None)
    assert (hung.state, hung.stack, hung.silent_s) == (
        "hanging",
        "File env.py, line 7, in step",
        14.0,
    )
    assert desk.stacks == [THREAD]
    assert (slack.state, slack.stack) == ("running", None)


def test_a_failure_keeps_its_traceback_until_another_takes_the_place() -> None:
    """What a worker died of is told; who follows in its place begins without it."""
    desk = Desk()
    failed = WorkerStatus(0, "failed", "Traceback: boom")
    (row,) = desk.table(1.0, reading(lives=False), worker_statuses=[failed]).threads
    again = WorkerStatus(0, "running")
    (next_one,) = desk.table(3.0, worker_statuses=[again]).threads
    (predictor,) = desk.table(
        5.0, reading(thread="predictor-0", role="predictor", slot=None, lives=False, error="why")
    ).threads

    assert (row.state, row.error) == ("failed", "Traceback: boom")
    assert (next_one.state, next_one.error) == ("running", None)
    assert (predictor.state, predictor.error, predictor.worker) == ("failed", "why", None)


def test_a_thread_that_has_not_begun_is_starting() -> None:
    """One before its first rollout, and one that nobody has seen; a short-lived one has ended."""
    desk = Desk()
    (building,) = desk.table(1.0, reading(is_starting=True)).threads
    unseen = reading(lives=False, has_lived=False)
    (new,) = desk.table(3.0, unseen).threads
    (over,) = desk.table(5.0, unseen, worker_statuses=[WorkerStatus(0, "finished")]).threads

    assert [building.state, new.state, over.state] == ["starting", "starting", "finished"]


def test_processes_are_told() -> None:
    """Each as it was last heard of."""
    desk = Desk()
    up = ProcessStatus(process=1, pid=77, status="running", start_s=1.5)
    table = desk.table(1.0, process_statuses=[up])
    down = ProcessStatus(process=1, pid=77, status="failed", start_s=1.5, error="SIGKILL")
    later = desk.table(3.0, process_statuses=[down])

    assert [(each.pid, each.state) for each in table.processes] == [(77, "running")]
    assert [(each.state, each.error) for each in later.processes] == [("failed", "SIGKILL")]
