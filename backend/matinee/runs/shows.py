"""One policy that is played for people who watch: its player, its newest frame, its settings."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

import structlog

from matinee.contracts.episodes import SEED_MAX
from matinee.contracts.playing import (
    ALIVE,
    PLAYER_ANSWER_ADAPTER,
    NewSource,
    OneStep,
    PlayerFailed,
    PlaySettings,
    PolicySource,
    Show,
    ShowOrder,
    WantPicture,
)
from matinee.contracts.view import HEAD_LENGTH, ViewSet, ViewState, ViewStatus
from matinee.errors import ConflictError, MatineeError
from matinee.runs.ports import Player, Players

SOURCE_POLL_S = 2.0
"""Between two looks for newer weights, each of which asks the run to share its present ones."""
WAITING_POLL_S = 0.25
"""The same while there is nothing to play yet."""
SILENCE_S = 60.0
"""A player that is well says something every few seconds; starting takes longer where training
leaves it little of the processor, or where an environment is large."""
START_TRIES = 4
_GONE = frozenset({"no_checkpoint", "checkpoint_damaged"})
_FAILED = b'{"type":"failed"'

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Weights:
    """What can be played now.

    Attributes:
        source: Where it is.
        live: The run trains, and shares its present weights.
    """

    source: PolicySource
    live: bool


FindWeights = Callable[[], Awaitable[Weights]]
"""Raises `ConflictError` with the code `no_checkpoint` as long as there is nothing."""


@dataclass(frozen=True)
class Frame:
    """A message for those who watch.

    Attributes:
        number: From 1, in order.
        data: As it is sent.
    """

    number: int
    data: bytes


class PublicShow:
    """Plays as long as `run` does. Used on the event loop alone.

    Attributes:
        watchers: How many people watch.
        frame: The newest; None: there is none yet.
        status_edition: Another number whenever the status is another one.
    """

    def __init__(self, *, players: Players, find: FindWeights, checkpoint_id: str | None) -> None:
        self._players = players
        self._find = find
        self._checkpoint_id = checkpoint_id
        self._settings = PlaySettings()
        self._player: Player | None = None
        self._source = PolicySource()
        self._state: ViewState = "waiting"
        self._reason: str | None = None
        self._is_live = False
        self._wanted: WantPicture | None = None
        self._bell: asyncio.Future[None] | None = None
        self.watchers = 0
        self.frame: Frame | None = None
        self.status_edition = 0

    @property
    def bell(self) -> asyncio.Future[None]:
        """Done at the next news; for several waiters, who must not cancel it."""
        if self._bell is None or self._bell.done():
            self._bell = asyncio.get_running_loop().create_future()
        return self._bell

    @property
    def status(self) -> ViewStatus:
        """What everybody who watches shares."""
        return ViewStatus(
            state=self._state,
            reason=self._reason,
            checkpoint_id=self._checkpoint_id,
            live=self._is_live,
            watchers=self.watchers,
            speed=self._settings.speed,
            paused=self._settings.paused,
            deterministic=self._settings.deterministic,
        )

    @property
    def pid(self) -> int | None:
        """Of its player."""
        return None if self._player is None else self._player.pid

    async def run(self) -> None:
        """Play until cancelled, or until it can't go on, which the status then tells."""
        try:
            for tries_left in reversed(range(START_TRIES)):
                try:
                    await self._play()
                except ConflictError as error:
                    # What was there when we looked may be gone when the player reads it: a run that
                    # ends shares no longer, and one that trains prunes its checkpoints.
                    if error.code not in _GONE or self._checkpoint_id or not tries_left:
                        raise
                    await asyncio.sleep(WAITING_POLL_S)
        except MatineeError as error:
            self._change(state="failed", reason=str(error))
        except Exception:
            log.exception("show_failed")
            self._change(state="failed", reason="the server failed; its log says why")

    def give_up(self, reason: str) -> None:
        """Tell why it is over; whoever calls cancels `run` at once."""
        self._change(state="failed", reason=reason)

    async def _play(self) -> NoReturn:
        weights = await self._first_weights()
        self._change(state="starting", live=weights.live)
        self._source = weights.source
        seed = secrets.randbelow(SEED_MAX + 1)
        order = Show(source=weights.source, seed=seed, settings=self._settings)
        player = self._player = await self._players.start(order)
        renewing = asyncio.create_task(self._renew())
        try:
            if self._settings is not order.settings:
                self._tell(self._settings)
            if self._wanted is not None:
                self._tell(self._wanted)
            await self._pass_on(player)
        finally:
            self._player = None
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            await player.close()

    # ---- what those who watch ask ----------------------------------------------------------------

    def arrive(self) -> None:
        """One more watches."""
        self.watchers += 1
        self._ring_status()

    def leave(self) -> None:
        """One less does."""
        self.watchers -= 1
        self._ring_status()

    def want(self, quality: int) -> None:
        """Somebody is ready for the next frame."""
        if self._wanted is None:
            self._wanted = WantPicture(quality=quality)
            self._tell(self._wanted)

    def set(self, asked: ViewSet) -> None:
        """Change how it is played, for everybody."""
        changes: dict[str, object] = {}
        if asked.speed is not None:
            changes["speed"] = None if asked.speed == "max" else asked.speed
        if asked.paused is not None:
            changes["paused"] = asked.paused
        if asked.deterministic is not None:
            changes["deterministic"] = asked.deterministic
        if changes:
            self._settings = self._settings.model_copy(update=changes)
            self._tell(self._settings)
            self._ring_status()

    def step(self) -> None:
        """One step, while paused."""
        self._tell(OneStep())

    # ---- the player ------------------------------------------------------------------------------

    async def _first_weights(self) -> Weights:
        while True:
            try:
                return await self._find()
            except ConflictError as error:
                if error.code != "no_checkpoint":
                    raise
                self._change(state="waiting", reason=str(error))
            await asyncio.sleep(WAITING_POLL_S)

    async def _renew(self) -> None:
        """Tell the player of newer weights, and ask a run that trains for its present ones."""
        while self._checkpoint_id is None:
            await asyncio.sleep(SOURCE_POLL_S)
            try:
                weights = await self._find()
            except MatineeError as error:
                log.info("no_newer_weights", reason=str(error))
                continue
            except Exception:
                # Nobody waits for this task: what plays goes on with the weights that it has.
                log.exception("looking_for_weights_failed")
                continue
            if weights.live != self._is_live:
                self._change(live=weights.live)
            if weights.source != self._source:
                self._source = weights.source
                self._tell(NewSource(source=weights.source))

    async def _pass_on(self, player: Player) -> NoReturn:
        number = 0
        async for head, image in _in_time(player.messages()):
            if head == ALIVE:
                continue
            if head.startswith(_FAILED):
                failed = PLAYER_ANSWER_ADAPTER.validate_json(head)
                assert isinstance(failed, PlayerFailed)
                raise ConflictError(f"it can't be played: {failed.detail}", code=failed.code)
            number += 1
            self.frame = Frame(number, HEAD_LENGTH.pack(len(head)) + head + image)
            self._wanted = None
            if self._state != "playing":
                self._change(state="playing")
            else:
                self._ring()
        raise ConflictError(f"the process that plays has ended: {await player.last_words()}")

    def _tell(self, order: ShowOrder) -> None:
        if self._player is not None:
            self._player.tell(order)

    def _change(
        self,
        *,
        state: ViewState | None = None,
        reason: str | None = None,
        live: bool | None = None,
    ) -> None:
        before = (self._state, self._reason, self._is_live)
        if state is not None:
            self._state, self._reason = state, reason
        if live is not None:
            self._is_live = live
        if before != (self._state, self._reason, self._is_live):
            self._ring_status()

    def _ring_status(self) -> None:
        self.status_edition += 1
        self._ring()

    def _ring(self) -> None:
        if self._bell is not None and not self._bell.done():
            self._bell.set_result(None)


async def _in_time(
    messages: AsyncIterator[tuple[bytes, bytes]],
) -> AsyncIterator[tuple[bytes, bytes]]:
    """The same, as long as they come.

    Raises:
        ConflictError: none has come for too long.
    """
    while True:
        try:
            async with asyncio.timeout(SILENCE_S):
                message = await anext(messages, None)
        except TimeoutError as error:
            raise ConflictError(
                f"the process that plays said nothing for {SILENCE_S:g} s, and was ended: its "
                "environment seems to hang",
                code="player_silent",
            ) from error
        if message is None:
            return
        yield message
