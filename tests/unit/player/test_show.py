"""Playing for people who watch: by orders, on a thread that a test can look into."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import pytest
from safetensors.numpy import save_file

from fakes.played_runs import checkpoint_at, policy_files
from integration.live_server import eventually
from matinee.contracts.playing import (
    ALIVE,
    SHARED_POLICY_METADATA,
    SHARED_STEP_METADATA,
    NewSource,
    OneStep,
    PlaySettings,
    PolicySource,
    Show,
    ShowOrder,
    WantPicture,
)
from matinee.player.show import Performance


class _EndedError(Exception):
    """The test is over."""


class Watched:
    """A show on a thread of its own, and what it sends."""

    def __init__(self, order: Show) -> None:
        self.orders: queue.SimpleQueue[ShowOrder] = queue.SimpleQueue()
        self.frames: list[tuple[dict[str, Any], bytes]] = []
        self.signs_of_life = 0
        self._ends = False
        self._thread = threading.Thread(target=self._play, args=(order,))
        self._thread.start()

    def _play(self, order: Show) -> None:
        performance = Performance(order, self.orders, self._take)
        hear = performance._hear

        def hear_until_the_end(wait_s: float) -> None:
            if self._ends:
                raise _EndedError
            hear(wait_s)

        performance._hear = hear_until_the_end  # type: ignore[method-assign]
        with suppress(_EndedError):
            _run(performance)

    def _take(self, head: bytes, image: bytes) -> None:
        if head == ALIVE:
            self.signs_of_life += 1
        else:
            self.frames.append((json.loads(head), image))

    def ask(self) -> dict[str, Any]:
        """The frame that a wish is answered with."""
        before = len(self.frames)
        self.orders.put(WantPicture(quality=80))
        return eventually(
            lambda: self.frames[before][0] if len(self.frames) > before else None, what="frame"
        )

    def until(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first frame for which something holds."""
        return eventually(
            lambda: frame if condition(frame := self.ask()) else None, what="such a frame"
        )

    def end(self) -> None:
        """Let the thread go."""
        self._ends = True
        self.orders.put(PlaySettings())
        self._thread.join(30)
        assert not self._thread.is_alive()


def _run(performance: Performance) -> NoReturn:
    performance.run()


FAST = PlaySettings(speed=None)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    """Begins a show of an untrained CartPole."""
    shows: list[Watched] = []

    def begin(source: PolicySource | None = None, settings: PlaySettings = FAST) -> Watched:
        if source is None:
            source = PolicySource(checkpoint=str(checkpoint_at(tmp_path / "one")))
        shows.append(Watched(Show(source=source, seed=1, settings=settings)))
        return shows[-1]

    yield begin
    for show in shows:
        show.end()


def test_a_wish_is_answered_once_with_what_is_new(watch: Callable[..., Watched]) -> None:
    """Numbers go on by one, the picture is there, V and probabilities are of what is seen."""
    show = watch()

    first, second = show.ask(), show.ask()

    assert (first["number"], second["number"]) == (1, 2)
    assert (first["image"], first["width"], first["height"]) == ("image/jpeg", 600, 400)
    assert show.frames[0][1].startswith(b"\xff\xd8")
    assert sum(second["probabilities"]) == pytest.approx(1.0)
    assert len(second["values"]) == len(second["rewards"]) > 0
    assert len(show.frames) == 2


def test_episodes_follow_each_other(watch: Callable[..., Watched]) -> None:
    """The return of the last one is told, and each begins at 0."""
    show = watch()

    later = show.until(lambda frame: frame["episode"] >= 3)

    assert later["last_return"] > 0
    assert later["return"] == later["length"]


def test_pause_and_one_step(watch: Callable[..., Watched]) -> None:
    """While paused nothing moves but by single steps, each of which is shown."""
    show = watch(settings=FAST.model_copy(update={"paused": True}))
    standing = show.ask()

    show.orders.put(OneStep())
    after_one = show.ask()
    show.orders.put(OneStep())
    after_two = show.ask()

    assert [frame["length"] for frame in (standing, after_one, after_two)] == [0, 1, 2]
    assert (standing["action"], standing["values"]) == (None, [])
    assert after_one["values"] == [standing["value"]]
    show.orders.put(WantPicture(quality=80))
    assert show.orders.empty() or len(show.frames) == 3
    show.orders.put(FAST)
    eventually(lambda: len(show.frames) > 3, what="frame after the pause")


@pytest.mark.parametrize("is_paused", [True, False])
def test_it_says_that_it_lives_when_it_has_nothing_to_show(
    watch: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch, is_paused: bool
) -> None:
    """Paused, and while nobody wishes for a picture: whoever hears nothing knows that it hangs."""
    monkeypatch.setattr("matinee.player.show.ALIVE_INTERVAL_S", 0.01)
    monkeypatch.setattr("matinee.player.show.LOOK_INTERVAL_S", 0.01)
    show = watch(settings=FAST.model_copy(update={"paused": is_paused}))

    eventually(lambda: show.signs_of_life > 2, what="signs of life")

    assert show.frames == []


def test_a_single_step_is_for_who_has_paused(tmp_path: Path) -> None:
    """While it plays, one more step would only be a jerk."""
    source = PolicySource(checkpoint=str(checkpoint_at(tmp_path / "one")))
    playing = Performance(Show(source=source, seed=1), queue.SimpleQueue(), lambda *_: None)

    playing._obey(OneStep())
    while_playing = playing._single_steps
    playing._obey(PlaySettings(paused=True))
    playing._obey(OneStep())

    assert (while_playing, playing._single_steps) == (0, 1)


def test_newer_weights_change_nothing_that_stands(tmp_path: Path) -> None:
    """While paused the frame says who thought what it shows; a step brings the newer ones."""
    one, two = (
        PolicySource(checkpoint=str(checkpoint_at(tmp_path / name, env_steps=n, seed=n)))
        for n, name in enumerate(("one", "two"), 1)
    )
    heads: list[dict[str, Any]] = []
    paused = PlaySettings(paused=True)
    show = Performance(
        Show(source=one, seed=1, settings=paused),
        queue.SimpleQueue(),
        lambda head, _: heads.append(json.loads(head)),
    )

    def showing() -> dict[str, Any]:
        show._obey(WantPicture(quality=80))
        show._show(0.0)
        return heads[-1]

    show._begin()
    before = showing()
    show._obey(NewSource(source=two))
    standing = showing()
    show._go_on(0.0)
    after = showing()

    assert [head["env_step"] for head in (before, standing, after)] == [1, 1, 2]
    assert standing["value"] == before["value"] == after["values"][0]
    assert [head["checkpoint_id"] for head in (standing, after)] == ["one", "two"]


def test_its_speed_is_the_environments_times_a_factor(watch: Callable[..., Watched]) -> None:
    """CartPole at half speed: 25 steps a second, counted against the clock that it goes by."""
    slow = watch(settings=PlaySettings(speed=0.5))
    first = slow.ask()
    last = slow.until(lambda frame: frame["number"] >= 10)

    # 30 frames a second at most: at least one step in every two frames, never a burst of many.
    assert first["steps_per_second"] == 50.0
    steps = [len(frame["values"]) for frame, _ in slow.frames[1:]]
    assert last["number"] == 10
    assert max(steps) <= 25 * 0.25 + 2


def test_drawn_actions_differ_from_the_greedy_ones(watch: Callable[..., Watched]) -> None:
    """The order counts from the next step on."""
    show = watch(settings=FAST)

    def is_most_probable(before: dict[str, Any], after: dict[str, Any]) -> bool:
        return bool(after["action"] == max((0, 1), key=lambda a: before["probabilities"][a]))

    show.orders.put(PlaySettings(paused=True, deterministic=False))
    frame, drawn = show.ask(), []
    for _ in range(60):
        show.orders.put(OneStep())
        following = show.ask()
        if following["action"] is not None:
            drawn.append(is_most_probable(frame, following))
        frame = following

    assert True in drawn
    assert False in drawn


def test_what_a_run_shares_plays_at_once(
    tmp_path: Path, watch: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newer weights amid an episode, found by looking; each frame says of which env step."""
    monkeypatch.setattr("matinee.player.show.LOOK_INTERVAL_S", 0.01)
    folder, file = checkpoint_at(tmp_path / "one", env_steps=5), tmp_path / "now.policy"
    show = watch(PolicySource(checkpoint=str(folder), shared=str(file)))
    first = show.ask()

    about, arrays = policy_files(seed=2)
    metadata = {SHARED_POLICY_METADATA: about.model_dump_json(), SHARED_STEP_METADATA: "9"}
    save_file(arrays, tmp_path / "aside", metadata)
    (tmp_path / "aside").rename(file)
    newer = show.until(lambda frame: frame["env_step"] == 9)

    assert (first["env_step"], first["checkpoint_id"]) == (5, "one")
    assert newer["checkpoint_id"] is None

    last = checkpoint_at(tmp_path / "two", env_steps=12)
    show.orders.put(NewSource(source=PolicySource(checkpoint=str(last))))
    assert show.until(lambda frame: frame["env_step"] == 12)["checkpoint_id"] == "two"
    show.orders.put(NewSource(source=PolicySource(checkpoint=str(tmp_path / "gone"))))
    assert show.ask()["env_step"] == 12
