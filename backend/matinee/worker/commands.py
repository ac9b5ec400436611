"""From asked to applied: every command ends as applied or rejected, in the record.

Pause, resume and step move one gate, so the newest wins and the one before it is rejected as
superseded. Hyperparameter changes wait until every worker uses them. An ending command wins over
all others.
"""

from __future__ import annotations

import queue
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from matinee.contracts.alerts import check_thresholds, threshold_changes, thresholds_after
from matinee.contracts.commands import (
    Abort,
    Action,
    Command,
    CommandState,
    Fork,
    Interrupt,
    Pause,
    PinCheckpoint,
    Resume,
    Rewind,
    SaveCheckpoint,
    SetAlertThresholds,
    SetHyperparameters,
    Start,
    Step,
    Stop,
)
from matinee.contracts.control import AckFrame
from matinee.contracts.hyperparameter_definition import LiveClass
from matinee.contracts.hyperparameters import check_setting
from matinee.contracts.run_state import ENDED_STATES, RunState
from matinee.errors import CheckpointError, FieldError, InvalidInputError
from matinee.training.heartbeats import Heartbeat
from matinee.training.outcome import Outcome, StopCause
from matinee.training.trainer import Trainer
from matinee.worker.alert_signals import USUAL_SILENCES
from matinee.worker.checkpoint_keeper import CheckpointKeeper
from matinee.worker.record import RunRecord
from matinee.worker.rewinding import Destination

EndingAction = Stop | Abort | Interrupt

_SurelyAccepted = Start | Pause | Resume | Step | SetAlertThresholds | EndingAction

_RISKY = frozenset({LiveClass.LIVE_WITH_WARNING, LiveClass.WARM_RESTART})
"""Before such a change a checkpoint is saved."""

_NO_FORK = "a run can't be forked by its own process: the server does that"
REMEMBERED_ANSWERS = 256

GATE_PATIENCE_S = 10.0
"""A pause or a step waits no longer for a worker that does nothing, in seconds of training."""


@dataclass(frozen=True)
class Request:
    """One command as it came in, from the socket, a signal or the terminal."""

    command_id: str
    actor: str
    action: Action
    reply: Callable[[AckFrame], None] | None = None


class CommandDesk:
    """Takes requests and sees them through. Used by the host's thread alone."""

    def __init__(
        self,
        record: RunRecord,
        trainer: Trainer,
        inbox: queue.SimpleQueue[Request],
        keeper: CheckpointKeeper,
    ) -> None:
        self._record = record
        self._trainer = trainer
        self._inbox = inbox
        self._keeper = keeper
        self._destination: Destination | None = None
        """The run is on its way back to it."""
        self._waiting: list[Request] = []
        """Come in meanwhile."""
        self._gate: Command | None = None
        self._holds_unasked = False
        """Workers are held although no command asks for it any more: somebody did not answer."""
        self._changes: dict[int, Command] = {}
        self._ending: list[Command] = []
        self.ending_since_s = float("inf")
        self._acks: list[tuple[Request, AckFrame]] = []
        self._answers: OrderedDict[str, AckFrame] = OrderedDict()
        """The newest, by command id: a frame whose connection broke may come again."""

    @property
    def ending(self) -> EndingAction | None:
        """The first command that asked for the end, if any did; an abort overrides it."""
        actions = [command.action for command in self._ending]
        aborts = [action for action in actions if isinstance(action, Abort)]
        first = (aborts or actions or [None])[0]
        return first if isinstance(first, EndingAction) else None

    def take_requests(self) -> None:
        """Accept or reject what came in, and begin it; during a rewind, only what ends the run."""
        while True:
            try:
                request = self._inbox.get_nowait()
            except queue.Empty:
                return
            answer = self._answers.get(request.command_id)
            if answer is not None:
                self._acks.append((request, answer))
                continue
            if self._destination is not None and not isinstance(request.action, EndingAction):
                self._waiting.append(request)
                continue
            command = Command(
                id=request.command_id,
                run_id=self._record.run_id,
                actor=request.actor,
                action=request.action,
                state=CommandState.PENDING,
                created_at=datetime.now(UTC),
            )
            refusal = self._refusal(request.action) or self._begin(command)
            if refusal is not None:
                self._record.reject(command, refusal)
            answer = AckFrame(
                command_id=request.command_id, accepted=refusal is None, reason=refusal
            )
            self._remember(answer)
            self._acks.append((request, answer))

    def _remember(self, answer: AckFrame) -> None:
        self._answers[answer.command_id] = answer
        if len(self._answers) > REMEMBERED_ANSWERS:
            self._answers.popitem(last=False)

    def send_acks(self) -> None:
        """Answer what the record now holds: call it after a commit."""
        acks, self._acks = self._acks, []
        for request, ack in acks:
            if request.reply is not None:
                request.reply(ack)

    def note_applied(self) -> None:
        """Write down which commands have taken effect since the last look."""
        for change in self._trainer.board.take_applied():
            command = self._changes.pop(change.revision, None)
            self._record.record_change(
                env_step=change.env_step,
                revision=change.revision,
                changes=change.changes,
                actor="server" if command is None else command.actor,
                command_id=None if command is None else command.id,
            )
            if command is not None:
                self._record.apply(command, env_step=change.env_step, changes=change.changes)
        if (self._gate or self._holds_unasked) and self._trainer.control.paused:
            if self._record.state is RunState.RUNNING:
                self._record.change_state(RunState.PAUSED)
            gate, self._gate, self._holds_unasked = self._gate, None, False
            if gate is not None and isinstance(gate.action, Pause):
                saved = self._keeper.save(self._trainer, cause="pause", command_id=gate.id)
                gate = gate.model_copy(update={"checkpoint_id": saved})
            if gate is not None:
                self._record.apply(gate)

    def give_up_on(self, heartbeats: Sequence[Heartbeat]) -> None:
        """Reject a pause or a step that waits for a worker which does nothing.

        The others are held: a step must not go on for ever, and a pause was wanted anyway.
        """
        silent = [
            heartbeat
            for heartbeat in heartbeats
            if heartbeat.age_s
            > max(GATE_PATIENCE_S, USUAL_SILENCES * (heartbeat.interval_s or 0.0))
        ]
        if self._gate is None or not silent:
            return
        silence = max(silent, key=lambda heartbeat: heartbeat.age_s)
        gate, self._gate, self._holds_unasked = self._gate, None, True
        self._trainer.control.pause()
        self._record.reject(
            gate,
            f"{silence.thread} does not answer: it has done nothing for {silence.age_s:.0f} s. "
            "The other workers are held; resume the run, or abort it",
        )

    def goes_back(self, outcome: Outcome) -> bool:
        """Whether training ended only to go on from a checkpoint."""
        return (
            self._destination is not None
            and not self._ending
            and outcome.cause is StopCause.REWOUND
        )

    def clear_for_rewind(self) -> Destination:
        """Where to go; what has not taken effect yet never will."""
        assert self._destination is not None, "nobody asked for a rewind"
        self._reject_open("the run was rewound before this could take effect")
        return self._destination

    def take_over(self, trainer: Trainer) -> None:
        """The run has gone back: from now on commands are for this trainer."""
        assert self._destination is not None, "nobody asked for a rewind"
        command, self._destination = self._destination.command, None
        self._trainer = trainer
        if command is not None:
            self._record.apply(command)
        for request in self._waiting:
            self._inbox.put(request)
        self._waiting.clear()

    def close(self) -> None:
        """The run ends: what asked for it is applied, what else is open is rejected."""
        self.note_applied()
        reason = "the run ended before this could take effect"
        self._reject_open(reason)
        if self._destination is not None and self._destination.command is not None:
            self._record.reject(self._destination.command, reason)
        self._destination = None
        for request in self._waiting:
            self._inbox.put(request)
        self._waiting.clear()
        for command in self._ending:
            self._record.apply(command)
        self._ending.clear()

    def _reject_open(self, reason: str) -> None:
        for command in (self._gate, *self._changes.values()):
            if command is not None:
                self._record.reject(command, reason)
        self._gate = None
        self._holds_unasked = False
        self._changes.clear()

    def _refusal(self, action: Action) -> str | None:
        state = self._record.state
        match action:
            case Stop() | Abort() | Interrupt():
                return f"the run is {state.value}" if state in ENDED_STATES else None
            case (
                Start()
                | Pause()
                | Resume()
                | Step()
                | SetHyperparameters()
                | SetAlertThresholds()
                | SaveCheckpoint()
                | PinCheckpoint()
                | Rewind()
            ):
                if state not in (RunState.RUNNING, RunState.PAUSED):
                    return f"the run is {state.value}"
                if isinstance(action, SetHyperparameters):
                    return self._change_refusal(action)
                if isinstance(action, SetAlertThresholds):
                    return _in_words(check_thresholds(action.thresholds)) or None
                return None
            case Fork():
                return _NO_FORK
            case _:
                assert_never(action)

    def _change_refusal(self, action: SetHyperparameters) -> str | None:
        errors = [
            error
            for name, setting in action.settings.items()
            for error in check_setting(name, setting)
        ]
        if errors:
            return _in_words(errors)
        newest = self._trainer.board.newest_revision
        if action.expected_revision not in (None, newest):
            return (
                f"the hyperparameters are at revision {newest}, not {action.expected_revision}: "
                "somebody changed them meanwhile"
            )
        return None

    def _begin(self, command: Command) -> str | None:
        """Accept the command and set it going, or say why the trainer refuses it."""
        action = command.action
        match action:
            case SetHyperparameters():
                return self._propose(command, action)
            case Rewind():
                return self._begin_rewind(command, action)
            case SaveCheckpoint():
                return self._save(command, action)
            case PinCheckpoint():
                return self._pin(command, action)
            case Fork():
                return _NO_FORK
            case _:
                self._begin_accepted(self._record.accept(command), action)
        return None

    def _begin_accepted(self, command: Command, action: _SurelyAccepted) -> None:
        match action:
            case Start():
                self._record.apply(command)
            case Pause() | Step() | Resume():
                self._move_gate(command, action)
            case SetAlertThresholds():
                self._change_thresholds(command, action)
            case Stop() | Abort() | Interrupt():
                self._begin_to_end(command, action)
            case _:
                assert_never(action)

    def _move_gate(self, command: Command, action: Pause | Step | Resume) -> None:
        control = self._trainer.control
        match action:
            case Pause():
                self._replace_gate(command)
                control.pause()
                return
            case Step():
                self._replace_gate(command)
                control.step(env_steps=action.env_steps, updates=action.updates)
            case Resume():
                self._replace_gate(None)
                control.resume()
                self._record.apply(command)
            case _:
                assert_never(action)
        if self._record.state is RunState.PAUSED:
            self._record.change_state(RunState.RUNNING)

    def _begin_to_end(self, command: Command, action: EndingAction) -> None:
        if self._record.state in (RunState.RUNNING, RunState.PAUSED):
            self._record.change_state(RunState.STOPPING)
        self._ending.append(command)
        # An abort after a stop that takes too long has a clock of its own.
        if len(self._ending) == 1 or isinstance(action, Abort):
            self.ending_since_s = time.monotonic()
        self._trainer.control.stop(*_stop_order(action))

    def _propose(self, command: Command, action: SetHyperparameters) -> str | None:
        try:
            classes = self._trainer.board.weigh(action.settings)
            if not classes.isdisjoint(_RISKY):
                saved = self._keeper.save(self._trainer, cause="change", command_id=command.id)
                command = command.model_copy(update={"checkpoint_id": saved})
            revision = self._trainer.board.propose(action.settings)
        except InvalidInputError as error:
            return _in_words(error.fields) or str(error)
        self._changes[revision] = self._record.accept(command)
        return None

    def _save(self, command: Command, action: SaveCheckpoint) -> str | None:
        saved = self._keeper.save(
            self._trainer, cause="command", command_id=command.id, pinned=action.pinned
        )
        if saved is None:
            return "it could not be written; the run's log says why"
        command = command.model_copy(update={"checkpoint_id": saved})
        self._record.apply(self._record.accept(command))
        return None

    def _pin(self, command: Command, action: PinCheckpoint) -> str | None:
        refusal = self._keeper.pin(
            action.checkpoint_id,
            pinned=action.pinned,
            actor=command.actor,
            command_id=command.id,
        )
        if refusal is None:
            command = command.model_copy(update={"checkpoint_id": action.checkpoint_id})
            self._record.apply(self._record.accept(command))
        return refusal

    def _begin_rewind(self, command: Command, action: Rewind) -> str | None:
        """Read the checkpoint before anything is given up for it, then let training end."""
        if self._ending:
            return "the run is ending"
        if self._record.failing_for_s > 0:
            return "run.db can't be written at present"
        try:
            state = self._keeper.load(action.checkpoint_id)
        except CheckpointError as error:
            return str(error)
        command = command.model_copy(update={"checkpoint_id": action.checkpoint_id})
        command = self._record.accept(command)
        # So that the rewind can be undone; weights that are no numbers are not worth it.
        self._keeper.save(
            self._trainer,
            cause="rewind",
            command_id=command.id,
            protected=(action.checkpoint_id,),
        )
        self._destination = Destination(action.checkpoint_id, state, command, "command")
        self._trainer.control.stop(StopCause.REWOUND, "the run goes back to a checkpoint")
        return None

    def _change_thresholds(self, command: Command, action: SetAlertThresholds) -> None:
        """In use from the next look at the metrics on, also after a restart."""
        before = self._record.alert_thresholds
        after = thresholds_after(before, action.thresholds)
        self._record.set_alert_thresholds(after)
        self._record.apply(command, threshold_changes=threshold_changes(before, after))

    def _replace_gate(self, command: Command | None) -> None:
        if self._gate is not None:
            self._record.reject(self._gate, "superseded by a newer command")
        self._gate = command
        self._holds_unasked = False


def _in_words(errors: Iterable[FieldError]) -> str:
    return "; ".join(f"{'.'.join(map(str, error.loc))}: {error.message}" for error in errors)


def _stop_order(action: EndingAction) -> tuple[StopCause, str]:
    match action:
        case Stop():
            return StopCause.STOPPED, "stopped on request"
        case Abort():
            return StopCause.ABORTED, "aborted on request"
        case Interrupt():
            return StopCause.STOPPED, action.reason
        case _:
            assert_never(action)
