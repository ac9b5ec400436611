"""The program: one order in, messages out."""

from __future__ import annotations

import io
import os
import queue
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from fakes.played_runs import checkpoint_at
from integration.live_server import eventually
from matinee.contracts.playing import (
    LENGTHS,
    PLAYER_ANSWER_ADAPTER,
    EpisodePart,
    Evaluate,
    Evaluated,
    PlayedEpisode,
    PlayEpisode,
    PlayerAnswer,
    PlayerFailed,
    PolicySource,
)
from matinee.player.__main__ import NICENESS, _perform

BACKEND = Path(__file__).parents[3] / "backend"
COMMAND = [sys.executable, "-m", "matinee.player"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(BACKEND)}


def answered(order: bytes) -> tuple[PlayerAnswer, int]:
    """The one message of a player that gets this order, and its exit code."""
    with subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    ) as player:
        assert player.stdin is not None
        assert player.stdout is not None
        player.stdin.write(order + b"\n")
        player.stdin.flush()
        head, body = LENGTHS.unpack(player.stdout.read(LENGTHS.size))
        answer = PLAYER_ANSWER_ADAPTER.validate_json(player.stdout.read(head))
        assert body == 0
        assert player.stdout.read() == b""
        return answer, player.wait(30)


def order_for(folder: Path) -> bytes:
    """Play one episode."""
    source = PolicySource(checkpoint=str(folder))
    order = Evaluate(source=source, episodes=1, deterministic=True, seed=1)
    return order.model_dump_json().encode()


def test_an_order_is_answered_once(tmp_path: Path) -> None:
    """And nothing else gets onto its output, whatever environments print."""
    answer, code = answered(order_for(checkpoint_at(tmp_path / "one", "MiniGrid-Empty-5x5-v0")))

    assert isinstance(answer, Evaluated)
    assert code == 0


@pytest.mark.parametrize("harm", ["missing", "not understood"])
def test_what_fails_is_told(tmp_path: Path, harm: str) -> None:
    """As a message with a code, not as an exit without a word."""
    order = order_for(tmp_path / "none") if harm == "missing" else b'{"type": "dance"}'

    answer, code = answered(order)

    assert isinstance(answer, PlayerFailed)
    assert answer.code == ("checkpoint_damaged" if harm == "missing" else "training_failed")
    assert code == 1


@pytest.mark.parametrize("is_too_long", [False, True])
def test_what_is_long_is_told_in_parts_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_too_long: bool
) -> None:
    """An episode of any length reaches the server; what it would not take is an error."""
    monkeypatch.setattr("matinee.player.episodes.EPISODE_PART_BYTES", 500)
    if is_too_long:
        monkeypatch.setattr("matinee.contracts.playing.MAX_HEAD_BYTES", 400)
    monkeypatch.setattr("os.nice", lambda _: 0)
    source = PolicySource(checkpoint=str(checkpoint_at(tmp_path / "one")))
    order = PlayEpisode(source=source, deterministic=True, seed=4, max_steps=8)
    out = io.BytesIO()

    code = _perform(order.model_dump_json().encode(), queue.SimpleQueue(), out)

    said, answers = out.getvalue(), []
    while said:
        head, body = LENGTHS.unpack(said[: LENGTHS.size])
        answers.append(PLAYER_ANSWER_ADAPTER.validate_json(said[LENGTHS.size :][:head]))
        said = said[LENGTHS.size + head + body :]
    if is_too_long:
        failed = answers[-1]
        assert isinstance(failed, PlayerFailed)
        assert (failed.code, code) == ("player_message_too_long", 1)
    else:
        *parts, last = answers
        assert parts
        assert isinstance(last, PlayedEpisode)
        steps = sum(len(part.steps) for part in parts if isinstance(part, EpisodePart))
        assert (steps + len(last.steps), code) == (8, 0)


def test_it_gives_way_and_ends_with_whoever_started_it(tmp_path: Path) -> None:
    """At once when its standard input closes, amid an order that would take for ever."""
    folder = checkpoint_at(tmp_path / "one", "Pendulum-v1")
    source = PolicySource(checkpoint=str(folder))
    endless = Evaluate(source=source, episodes=10**9, deterministic=True, seed=1)
    with subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
    ) as player:
        assert player.stdin is not None
        player.stdin.write(endless.model_dump_json().encode() + b"\n")
        player.stdin.flush()
        process = psutil.Process(player.pid)
        eventually(
            lambda: process.nice() >= NICENESS and process.num_threads() > 1, what="player at work"
        )

        player.stdin.close()

        assert player.wait(30) == 0
