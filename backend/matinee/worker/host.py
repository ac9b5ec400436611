"""Hosts one run from `starting` to its end: the loop around the trainer.

Runs in the main thread of the run process, or of `matinee train`. It alone writes the record:
up to ten times a second it drains what the workers have done and commits it.
"""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import assert_never

import structlog

from matinee.contracts.alert_rule import SILENCE_S
from matinee.contracts.alerts import ALERT_RULES
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.commands import Abort, Command, Interrupt
from matinee.contracts.control import CommandFrame, CommittedFrame, HeartbeatFrame, HostedBy
from matinee.contracts.events import (
    LogWritten,
    WorkerProcessChanged,
    WorkerStatusChanged,
)
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress
from matinee.contracts.run_state import ENDED_STATES, RunState
from matinee.errors import MatineeError
from matinee.journal.reader import JournalReader
from matinee.journal.writer import JournalWriter
from matinee.spare_memory import SpareMemory, make_room_for_arrays
from matinee.training.checkpoints import CheckpointState
from matinee.training.evaluator import EvaluationResult
from matinee.training.outcome import Outcome, StopCause
from matinee.training.run_observer import Drained
from matinee.training.trainer import Trainer
from matinee.worker.alert_watch import AlertWatch, Clearing, Raising
from matinee.worker.checkpoint_keeper import CheckpointKeeper
from matinee.worker.commands import CommandDesk, Request
from matinee.worker.condition import condition_of
from matinee.worker.control_channel import ControlChannel, Reply
from matinee.worker.diligence import (
    STARTING,
    Diligence,
    diligence_of,
    tell_where_it_stands,
)
from matinee.worker.endings import ORDERLY_ENDS, final_state
from matinee.worker.evaluations import evaluation_metrics, record_evaluation
from matinee.worker.final_evaluation import FinalEvaluation
from matinee.worker.flush_pace import FLUSH_INTERVAL_S, FlushPace
from matinee.worker.planned_steps import PlannedSteps
from matinee.worker.policy_sharing import PolicySharing
from matinee.worker.record import RunRecord
from matinee.worker.rewinding import beginning, go_back
from matinee.worker.worker_book import WorkerBook

HEARTBEAT_INTERVAL_S = 1.0
STOP_TIMEOUT_S = 10.0
"""A rollout that takes longer than this after training was stopped, by whatever, has hung."""
ABORT_TIMEOUT_S = 0.5
LAST_COMMIT_TIMEOUT_S = 10.0
DISK_FAILURE_PAUSE_S = 5.0
"""Commits that fail for this long pause training, so that memory does not fill up."""

log = structlog.get_logger(__name__)

OnProgress = Callable[[RunState, Progress, Mapping[str, MetricSummary]], None]


class RunHost:
    """One run, hosted. Lives from construction to the return of `run`."""

    def __init__(
        self,
        run_dir: Path,
        *,
        run_id: str,
        socket_path: Path,
        hosted_by: HostedBy = "server",
        orphan_grace_s: float | None = None,
        start_command_id: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Prepare to host the run in `run_dir`.

        Args:
            run_dir: Its folder, with a run.db in state `queued`.
            run_id: Its id.
            socket_path: Where to listen for commands.
            hosted_by: Whose process this is.
            orphan_grace_s: Leave as `interrupted` after this long without any peer; None: never.
            start_command_id: The command to mark as applied once training begins.
            on_progress: Called after every flush, in the thread of `run`.
        """
        self._run_dir = run_dir
        self._run_id = run_id
        self._socket_path = socket_path
        self._orphan_grace_s = orphan_grace_s
        self._start_command_id = start_command_id
        self._on_progress = on_progress
        self._wake = threading.Event()
        self._sharing = PolicySharing(socket_path)
        self._channel = ControlChannel(
            socket_path,
            run_id=run_id,
            hosted_by=hosted_by,
            on_command=self._on_command,
            on_share=self._sharing.ask,
            # Who comes while nobody watches would wait a second for the first news.
            on_peer=self._wake.set,
        )
        spec = JournalReader(run_dir).header().spec
        budget = JournalReader(run_dir).snapshot()[0].budget
        self._spec = spec if budget is None else spec.model_copy(update={"budget": budget})
        self._plan = PlannedSteps(spec.plan, JournalReader(run_dir))
        self._alerts = AlertWatch()
        self._workers = WorkerBook(stack_of=lambda _: None)
        self._inbox: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._next_heartbeat_s = 0.0
        self._attended_at_s = time.monotonic()
        self._paused_for_disk = False
        self._spare_memory = SpareMemory()
        self._told_env_steps = 0
        """In the newest event that tells how far the run has come."""
        self._stopping_since_s = float("inf")

    def request(self, request: Request) -> None:
        """Ask for something, from any thread; it is also taken if training has not begun yet."""
        self._inbox.put(request)
        self._wake.set()

    def request_from_signal_handler(self, request: Request) -> None:
        """The same from a signal handler, in which an Event's lock might be held already."""
        self._inbox.put(request)

    def run(self) -> RunState:
        """Train until the end; returns the state in which the run ended.

        Raises:
            JournalError: the record can't be opened or belongs to another process.
        """
        make_room_for_arrays()
        with JournalWriter(self._run_dir) as writer:
            snapshot, _ = JournalReader(self._run_dir).snapshot()
            if snapshot.alert_thresholds is None:
                snapshot = snapshot.model_copy(update={"alert_thresholds": self._spec.alerts})
            record = RunRecord(writer, snapshot, run_id=self._run_id)
            self._channel.open()
            try:
                return self._host(record)
            finally:
                self._channel.close()
                self._sharing.close()

    def _host(self, record: RunRecord) -> RunState:
        hello = self._channel.hello
        record.writer.claim_process(
            pid=hello.pid,
            process_started_at=hello.process_started_at,
            socket_path=str(self._socket_path),
        )
        record.change_state(RunState.STARTING)
        record.commit(self._tell)
        self._heartbeat(record, lambda: STARTING)
        keeper = CheckpointKeeper(record, self._spec.checkpoint)
        start = self._start_command()
        try:
            keeper.take_stock()
            trainer = self._new_trainer(beginning(record, keeper, self._spec, start))
        except Exception as error:  # noqa: BLE001 - whatever it is becomes the run's reason
            return self._fail(record, error)
        desk = CommandDesk(record, trainer, self._inbox, keeper)
        try:
            self._begin(record, trainer, keeper, start)
            outcome = self._watch(record, trainer, desk, keeper)
            while desk.goes_back(outcome):
                trainer = self._go_back(record, trainer, desk, keeper)
                outcome = self._watch(record, trainer, desk, keeper)
            return self._end(record, trainer, desk, keeper, outcome)
        except Exception as error:
            trainer.control.stop(StopCause.ABORTED, "the host failed")
            log.exception("host_failed")
            desk.close()
            return self._fail(record, error)

    def _start_command(self) -> Command | None:
        if self._start_command_id is None:
            return None
        return JournalReader(self._run_dir).command(self._start_command_id)

    def _new_trainer(self, restore: CheckpointState | None) -> Trainer:
        return self._plan.lead(Trainer(self._spec, on_wake=self._wake.set, restore=restore))

    def _begin(
        self,
        record: RunRecord,
        trainer: Trainer,
        keeper: CheckpointKeeper,
        start: Command | None,
    ) -> None:
        if trainer.unseen:
            record.append(
                LogWritten,
                level="warning",
                message=f"the network does not see {', '.join(trainer.unseen)}: nothing here can "
                "learn from texts",
            )
        trainer.start()
        self._take_over(record, trainer, "the run was taken up again")
        record.change_state(RunState.RUNNING)
        if start is not None:
            chosen = getattr(start.action, "checkpoint_id", None)
            record.apply(start.model_copy(update={"checkpoint_id": chosen}))
        if record.commit(self._tell):
            keeper.look_again()
        keeper.plan_next()

    def _take_over(self, record: RunRecord, trainer: Trainer, what_ended: str) -> None:
        """Let the record tell of this trainer from now on."""
        record.set_progress(trainer.progress())
        record.set_hyperparameters(trainer.board.snapshot())
        for alert in record.alerts:
            if not ALERT_RULES[alert.name].once:
                record.clear_alert(Clearing(alert.name, what_ended))
        self._alerts = AlertWatch(raised=[alert.name for alert in record.alerts])
        self._workers = WorkerBook(stack_of=trainer.stack_of)
        self._stopping_since_s = float("inf")

    def _go_back(
        self, record: RunRecord, trainer: Trainer, desk: CommandDesk, keeper: CheckpointKeeper
    ) -> Trainer:
        """Train on from a checkpoint: a new trainer, on the same record."""
        destination = desk.clear_for_rewind()
        restore = go_back(record, destination, self._spec, facts=trainer.window())
        following = self._new_trainer(restore)
        if record.state is RunState.PAUSED:
            following.control.pause()
        following.start()
        self._take_over(record, following, "the run was rewound")
        desk.take_over(following)
        if record.commit(self._tell):
            desk.send_acks()
            keeper.look_again()
        keeper.plan_next()
        return following

    def _watch(
        self, record: RunRecord, trainer: Trainer, desk: CommandDesk, keeper: CheckpointKeeper
    ) -> Outcome:
        # Not earlier: building the trainer took this thread more than the credit of a run.
        pace = FlushPace()
        while True:
            self._wake.wait(pace.wait_s(is_watched=self._channel.peers > 0))
            self._wake.clear()
            self._spare_memory.return_if_due()
            outcome = trainer.outcome
            self._flush(record, trainer, desk)
            self._sharing.share_if_asked(trainer.present_policy)
            if outcome is not None:
                return outcome
            if self._has_waited_enough(trainer, desk):
                hung = trainer.join(0.0)
                assert hung is not None, "a training that was told to stop has an outcome"
                return hung
            if keeper.save_if_due(trainer):
                record.commit(self._tell)
            self._leave_if_orphaned(desk)
            self._pause_if_disk_fails(record, trainer)

    def _has_waited_enough(self, trainer: Trainer, desk: CommandDesk) -> bool:
        """Whether threads that are still there after the end have hung, whatever ended it."""
        if not trainer.control.stopping.is_set():
            return False
        now_s = time.monotonic()
        # A budget that is used up and a worker that fails stop the training without a command.
        self._stopping_since_s = min(self._stopping_since_s, now_s)
        if isinstance(desk.ending, Abort):
            return now_s - desk.ending_since_s > ABORT_TIMEOUT_S
        return now_s - self._stopping_since_s > STOP_TIMEOUT_S

    def _flush(
        self,
        record: RunRecord,
        trainer: Trainer,
        desk: CommandDesk,
        *,
        last_evaluations: Sequence[EvaluationResult] = (),
    ) -> None:
        """Write down what has happened; the last evaluations have been recorded already."""
        drained = trainer.drain()
        progress = trainer.progress()
        record.set_progress(progress)
        record.append_episodes(drained.episodes, updates=progress.updates)
        workers = self._workers.look(
            drained,
            progress,
            thresholds=record.alert_thresholds,
            stands=trainer.control.paused,
        )
        if workers is not None:
            record.writer.set_workers(workers)
        for status in drained.worker_statuses:
            record.append(
                WorkerStatusChanged,
                worker=status.worker,
                status=status.status,
                error=status.error,
            )
        for process in drained.process_statuses:
            record.append(
                WorkerProcessChanged,
                process=process.process,
                pid=process.pid,
                status=process.status,
                start_s=process.start_s,
                error=process.error,
            )
        for evaluation in drained.evaluations:
            record_evaluation(record, evaluation, final=False)
        *earlier, newest = evaluation_metrics([*drained.evaluations, *last_evaluations]) or [{}]
        for point in earlier:
            record.writer.append_metrics(point, progress)
        metrics = drained.metrics | newest
        has_moved = progress.env_steps != self._told_env_steps
        if metrics or (has_moved and drained.is_measured):
            self._told_env_steps = progress.env_steps
            record.writer.append_metrics(metrics | _speed(progress), progress)
        record.append_histograms(drained)
        if drained.is_measured or metrics:
            self._look_for_alerts(record, trainer, drained, metrics)
        desk.note_applied()
        desk.give_up_on(drained.heartbeats)
        self._plan.look(trainer, self.request)
        desk.take_requests()
        desk.note_applied()
        # In between, only what schedules make of them can have moved.
        if drained.is_measured or trainer.board.applied_revision != record.known_revision:
            record.set_hyperparameters(trainer.board.snapshot())
        if record.commit(self._tell):
            desk.send_acks()
        self._heartbeat(record, lambda: diligence_of(trainer, drained.heartbeats))
        if self._on_progress is not None:
            self._on_progress(record.state, progress, drained.metrics)

    def _look_for_alerts(
        self,
        record: RunRecord,
        trainer: Trainer,
        drained: Drained,
        metrics: Mapping[str, MetricSummary],
    ) -> None:
        condition = condition_of(trainer, drained)
        algorithm = trainer.board.newest()[1].algorithm
        changes = self._alerts.look(
            metrics,
            record.progress,
            algorithm=Algorithm(algorithm),
            thresholds=record.alert_thresholds,
            condition=condition,
        )
        for change in changes:
            match change:
                case Raising():
                    record.raise_alert(change)
                    if change.rule.signal == SILENCE_S:
                        tell_where_it_stands(record, trainer, drained.heartbeats)
                case Clearing():
                    record.clear_alert(change)
                case _:
                    assert_never(change)

    def _end(
        self,
        record: RunRecord,
        trainer: Trainer,
        desk: CommandDesk,
        keeper: CheckpointKeeper,
        outcome: Outcome,
    ) -> RunState:
        state, reason = final_state(outcome, desk.ending)
        if state in ORDERLY_ENDS:
            if record.state in (RunState.RUNNING, RunState.PAUSED):
                record.change_state(RunState.STOPPING, reason)
            self._flush(record, trainer, desk)
            keeper.save(trainer, cause="end")
            record.commit(self._tell)
            if state is not RunState.INTERRUPTED:
                self._evaluate(record, trainer, desk)
            # During the evaluation somebody may have lost patience.
            state, reason = final_state(outcome, desk.ending)
        self._flush(record, trainer, desk)
        desk.close()
        record.change_state(state, reason)
        self._commit_finally(record)
        desk.send_acks()
        desk.take_requests()
        self._commit_finally(record)
        desk.send_acks()
        return record.state

    def _evaluate(self, record: RunRecord, trainer: Trainer, desk: CommandDesk) -> None:
        """Play the last test episodes of the run and record them."""
        if self._spec.evaluation.episodes == 0:
            return
        evaluation = FinalEvaluation(self._spec.evaluation, trainer, on_end=self._wake.set)
        results: list[EvaluationResult] = []
        is_over = False
        while not is_over:
            self._wake.wait(FLUSH_INTERVAL_S)
            self._wake.clear()
            is_over = evaluation.is_over()
            for result in evaluation.take():
                record_evaluation(record, result, final=True)
                results.append(result)
            self._flush(record, trainer, desk)
            if isinstance(desk.ending, Abort | Interrupt):
                evaluation.stop()
        self._flush(record, trainer, desk, last_evaluations=results)
        complaint = evaluation.complaint()
        if complaint is not None:
            record.append(LogWritten, level="warning", message=complaint)

    def _leave_if_orphaned(self, desk: CommandDesk) -> None:
        now_s = time.monotonic()
        if self._orphan_grace_s is None or self._channel.peers > 0:
            self._attended_at_s = now_s
        elif now_s - self._attended_at_s > self._orphan_grace_s and desk.ending is None:
            self.request(
                Request(
                    new_ulid(),
                    "run process",
                    Interrupt(reason=f"no server for {self._orphan_grace_s:g} s"),
                )
            )

    def _pause_if_disk_fails(self, record: RunRecord, trainer: Trainer) -> None:
        if record.failing_for_s > DISK_FAILURE_PAUSE_S and not self._paused_for_disk:
            self._paused_for_disk = True
            trainer.control.pause()
        elif self._paused_for_disk and record.failing_for_s == 0:
            self._paused_for_disk = False
            if record.state is RunState.RUNNING:
                trainer.control.resume()

    def _fail(self, record: RunRecord, error: Exception) -> RunState:
        text = "".join(traceback.format_exception(error)).strip()
        words = str(error) if isinstance(error, MatineeError) else ""
        reason = words or f"{error!r}\n\n{text}"
        log.error("run_failed", reason=reason)
        self._commit_finally(record)
        if record.state in ENDED_STATES:
            return record.state
        for command in JournalReader(self._run_dir).open_commands():
            record.reject(command, f"the run failed: {reason.splitlines()[0]}")
        record.change_state(RunState.FAILED, reason)
        self._commit_finally(record)
        return record.state

    def _commit_finally(self, record: RunRecord) -> None:
        deadline_s = time.monotonic() + LAST_COMMIT_TIMEOUT_S
        while not record.commit(self._tell) and time.monotonic() < deadline_s:
            time.sleep(FLUSH_INTERVAL_S)

    def _heartbeat(self, record: RunRecord, look: Callable[[], Diligence]) -> None:
        now_s = time.monotonic()
        if now_s >= self._next_heartbeat_s:
            diligence = look()
            self._next_heartbeat_s = now_s + HEARTBEAT_INTERVAL_S
            self._channel.broadcast(
                HeartbeatFrame(
                    pid=self._channel.hello.pid,
                    env_steps=record.progress.env_steps,
                    monotonic_s=now_s,
                    work=diligence.work,
                    phase=diligence.phase,
                    trouble=record.trouble,
                )
            )

    def _tell(self, seq: int) -> None:
        self._channel.broadcast(CommittedFrame(seq=seq))

    def _on_command(self, frame: CommandFrame, reply: Reply) -> None:
        self.request(Request(frame.command_id, frame.actor, frame.action, reply))


def _speed(progress: Progress) -> dict[str, MetricSummary]:
    """The throughput of this flush, as a metric like the others."""
    speed = progress.steps_per_second
    return {
        "steps_per_second": MetricSummary(mean=speed, min=speed, max=speed, last=speed, count=1)
    }
