"""Plays for people who watch: at their speed, drawn only when one of them is ready to see it."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, assert_never

from matinee.contracts.episodes import EpisodeStep
from matinee.contracts.playing import (
    ALIVE,
    ALIVE_INTERVAL_S,
    NewSource,
    OneStep,
    PlaySettings,
    PolicySource,
    Show,
    ShowOrder,
    WantPicture,
)
from matinee.contracts.view import MAX_FRAMES_PER_SECOND, MAX_TRAIL_STEPS, ViewFrame
from matinee.errors import MatineeError
from matinee.player.episodes import set_stage
from matinee.player.pictures import Encoded, encode
from matinee.player.weights import read_policy

END_STANDS_S = 0.6
"""At speed 1 the end of an episode stays for so long, for people to see it."""
LOOK_INTERVAL_S = 0.5
"""Between two looks whether the run has shared newer weights."""
FRAME_INTERVAL_S = 1.0 / MAX_FRAMES_PER_SECOND
MAX_LAG_S = 0.25
"""What is further behind its speed is not caught up."""

Send = Callable[[bytes, bytes], None]


class Performance:
    """One show. Lives as long as the program; everything happens on its thread.

    Args:
        order: What to play.
        orders: What whoever started it says further.
        send: Takes the head and the image of each frame.
    """

    def __init__(self, order: Show, orders: queue.SimpleQueue[ShowOrder], send: Send) -> None:
        self._settings = order.settings
        self._source = order.source
        self._orders = orders
        self._send = send
        self._stage = set_stage(
            order.source,
            deterministic=order.settings.deterministic,
            seed=order.seed,
            is_seen=True,
        )
        self._shared_at = _changed_at(order.source)
        self._wanted: WantPicture | None = None
        self._single_steps = 0
        self._number = 0
        self._is_new = True
        self._last_step: EpisodeStep | None = None
        self._trail: list[EpisodeStep] = []
        self._last_return: float | None = None
        self._next_step_s = self._next_frame_s = self._next_look_s = time.monotonic()
        self._next_sign_s = self._next_look_s

    def run(self) -> NoReturn:
        """Play for ever; the program ends with its standard input."""
        self._begin()
        while True:
            self._hear(self._idle_s())
            now_s = time.monotonic()
            if now_s >= self._next_look_s:
                self._next_look_s = now_s + LOOK_INTERVAL_S
                self._look_for_weights()
            if self._single_steps > 0 or (not self._settings.paused and now_s >= self._next_step_s):
                self._go_on(now_s)
            if self._may_show(now_s):
                self._show(now_s)
                self._next_sign_s = now_s + ALIVE_INTERVAL_S
            elif now_s >= self._next_sign_s:
                self._send(ALIVE, b"")
                self._next_sign_s = now_s + ALIVE_INTERVAL_S

    # ---- time ------------------------------------------------------------------------------------

    def _idle_s(self) -> float:
        """Until there is something to do; 0: there is."""
        due_s = self._next_look_s
        if self._single_steps > 0:
            return 0.0
        if not self._settings.paused:
            due_s = min(due_s, self._next_step_s)
        if self._wanted is not None and self._is_new:
            due_s = min(due_s, self._next_frame_s)
        return max(0.0, due_s - time.monotonic())

    def _go_on(self, now_s: float) -> None:
        speed = self._settings.speed
        pause_s = 0.0
        if self._stage.is_over:
            self._begin()
        elif self._step() and speed is not None:
            pause_s = END_STANDS_S / speed
        if speed is not None:
            pause_s += 1.0 / (self._stage.scene.steps_per_second * speed)
        self._next_step_s = max(self._next_step_s, now_s - MAX_LAG_S) + pause_s
        self._single_steps = max(0, self._single_steps - 1)

    def _may_show(self, now_s: float) -> bool:
        return self._wanted is not None and self._is_new and now_s >= self._next_frame_s

    # ---- play ------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._stage.begin()
        self._last_step = None
        self._is_new = True

    def _step(self) -> bool:
        """Whether the episode has ended."""
        step = self._stage.step()
        self._last_step = step
        self._trail.append(step)
        del self._trail[:-MAX_TRAIL_STEPS]
        if self._stage.is_over:
            self._last_return = self._stage.total
        self._is_new = True
        return self._stage.is_over

    def _look_for_weights(self) -> None:
        """Take what the run has shared since the last look, amid an episode if need be."""
        changed_at = _changed_at(self._source)
        if changed_at == self._shared_at:
            return
        self._shared_at = changed_at
        self._take_weights()

    def _take_weights(self) -> None:
        try:
            played = read_policy(self._source)
        except MatineeError:
            # A checkpoint that has just been deleted: the next source is on its way.
            return
        newest = self._stage.newest
        if (played.env_step, played.checkpoint) != (newest.env_step, newest.checkpoint):
            self._stage.take(played)

    # ---- orders ----------------------------------------------------------------------------------

    def _hear(self, wait_s: float) -> None:
        try:
            order = self._orders.get(timeout=wait_s) if wait_s > 0 else self._orders.get_nowait()
            while True:
                self._obey(order)
                order = self._orders.get_nowait()
        except queue.Empty:
            return

    def _obey(self, order: ShowOrder) -> None:
        match order:
            case PlaySettings():
                self._settings = order
                self._stage.deterministic = order.deterministic
                self._next_step_s = time.monotonic()
                self._single_steps = 0
            case NewSource():
                self._source = order.source
                self._shared_at = _changed_at(order.source)
                self._take_weights()
            case OneStep():
                if self._settings.paused:
                    self._single_steps += 1
            case WantPicture():
                self._wanted = order
            case _:
                assert_never(order)

    # ---- what is seen ----------------------------------------------------------------------------

    def _show(self, now_s: float) -> None:
        assert self._wanted is not None
        picture = self._stage.scene.picture()
        image = None if picture is None else encode(picture, quality=self._wanted.quality)
        self._number += 1
        self._send(
            self._head(image).model_dump_json().encode(), b"" if image is None else image.data
        )
        self._wanted, self._is_new = None, False
        self._trail.clear()
        self._next_frame_s = now_s + FRAME_INTERVAL_S

    def _head(self, image: Encoded | None) -> ViewFrame:
        stage, last = self._stage, self._last_step
        thought = stage.thought
        assert thought is not None, "an episode has begun"
        return ViewFrame.model_construct(
            number=self._number,
            episode=stage.episode,
            length=stage.length,
            episode_return=stage.total,
            value=thought.value,
            probabilities=thought.probabilities,
            mean=thought.mean,
            deviation=thought.deviation,
            action=None if last is None else last.action,
            reward=None if last is None else last.reward,
            terminated=last is not None and last.terminated,
            truncated=last is not None and last.truncated,
            values=[step.value for step in self._trail],
            rewards=[step.reward for step in self._trail],
            last_return=self._last_return,
            env_step=stage.played.env_step,
            checkpoint_id=stage.played.checkpoint,
            steps_per_second=stage.scene.steps_per_second,
            image=None if image is None else image.kind,
            width=0 if image is None else image.width,
            height=0 if image is None else image.height,
            unseen=stage.scene.why_unseen,
        )


def _changed_at(source: PolicySource) -> int | None:
    """When the run last shared its policy; None: it has not."""
    if source.shared is None:
        return None
    try:
        return Path(source.shared).stat().st_mtime_ns
    except FileNotFoundError:
        return None
