"""A small share of `benchmarks.attacks`: the same promises at a real server."""

from __future__ import annotations

import asyncio
import shutil
import socket
from pathlib import Path

import pytest

from benchmarks import attacks
from benchmarks.attacks import Verdict, flood, herd, served_well, slow
from benchmarks.fan_out import FanOut, Phase, is_connected, judge_frozen
from benchmarks.honest_client import Answers, asking
from benchmarks.served import Server
from benchmarks.watchers import Tally
from integration.live_server import LiveServer


def server_of(live: LiveServer) -> Server:
    """As the attacks take it."""
    client = live.client
    headers = {"Authorization": client.headers["Authorization"]}
    client.base_url = f"{live.base_url}/api/v1"
    return Server(live.base_url, client, headers, live.process.pid)


def broken(verdicts: list[Verdict]) -> list[Verdict]:
    """Promises that don't hold, but for those about speed: a busy machine breaks them, too."""
    return [each for each in verdicts if not each.holds and "p99" not in each.promise]


def test_slow_requests_keep_nobody_out(
    own_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests of a byte at a time are cut after ten seconds, while others are served."""
    monkeypatch.setattr(attacks, "SLOW_SECONDS", 16.0)
    monkeypatch.setattr(attacks, "CUT_WITHIN_S", 16.0)

    verdicts = asyncio.run(slow(server_of(own_server), 0.05))

    assert len(verdicts) == 3
    assert broken(verdicts) == []


def test_floods_keep_nobody_out(own_server: LiveServer) -> None:
    """Giant and packed frames, floods and more sockets than one token may have end with their
    codes, in little memory, while others are served.
    """
    verdicts = asyncio.run(flood(server_of(own_server), 0.15))

    assert len(verdicts) == 10
    assert broken(verdicts) == []


def test_all_come_back_after_a_restart(tmp_path: Path, environment_cache: Path) -> None:
    """Clients of a server that restarts are all there again, each by itself."""
    shutil.copytree(environment_cache, tmp_path / "cache")
    verdicts = asyncio.run(herd(tmp_path, 0.05))

    assert len(verdicts) == 3
    assert broken(verdicts) == []


def test_a_late_answer_breaks_the_promise() -> None:
    """The judgement fails for one answer in fifty that takes too long, for none, and for others."""
    good = Answers([10.0] * 100, [])
    late = Answers([10.0] * 98 + [900.0] * 2, [])

    def holds(answers: Answers) -> list[bool]:
        return [each.holds for each in served_well("x", answers, at_most_ms=500)]

    assert holds(good) == [True, True]
    assert holds(late) == [False, True]
    assert holds(Answers([], ["ConnectionRefusedError"])) == [False, False]


@pytest.mark.parametrize(
    ("closed_s", "beside_ms", "gaps", "holds"),
    [
        (24.0, 11.0, 0, [True, True, True]),
        (None, 11.0, 0, [False, True, True]),
        (31.0, 11.0, 0, [False, True, True]),
        (24.0, 13.0, 0, [True, False, True]),
        (24.0, 11.0, 1, [True, True, False]),
    ],
)
def test_a_frozen_reader_is_judged(
    closed_s: float | None, beside_ms: float, gaps: int, holds: list[bool]
) -> None:
    """Late or no cut, others that suffer, and anything lost break a promise each."""
    found = object.__new__(FanOut)
    found.frozen_closed_s = closed_s
    tallies = Tally(latencies_ms=[10.0] * 100), Tally(latencies_ms=[beside_ms] * 100, gaps=gaps)
    phases = [Phase("x", tally, 30.0, 0.1) for tally in tallies]

    assert [each[2] for each in judge_frozen(found, phases)] == holds


def test_who_asks_tells_what_came(live_server: LiveServer) -> None:
    """The one who only asks counts good answers with their time."""
    with asking(live_server.base_url) as answers:
        live_server.client.get("/livez")

    assert answers.others == []
    assert all(each > 0 for each in answers.latencies_ms)


def test_a_cut_is_seen_although_nothing_was_read() -> None:
    """Somebody has the other end until it is closed, also while what was sent lies unread."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as reader:
        reader.connect(listener.getsockname())
        port = reader.getsockname()[1]
        other_end, _ = listener.accept()
        other_end.sendall(b"x" * 1000)
        before = is_connected(port)
        other_end.close()

        assert (before, is_connected(port)) == (True, False)
