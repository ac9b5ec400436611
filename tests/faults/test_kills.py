"""Nothing that anybody was promised is lost or doubled, whoever is killed whenever."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from faults.kill_harness import KillHarness
from integration.live_server import LONG_RUN, LiveServer

SERVER_KILLS = 3
RUN_KILLS = 3
"""`python -m benchmarks.kills` does 50 of each, at full speed."""


@pytest.mark.timeout(600)
def test_kills_lose_and_double_nothing(new_server: Callable[..., LiveServer]) -> None:
    """Kill -9 of servers and run processes under load: every answer and every streamed event holds.

    Ledger, events and episodes: nothing lost, nothing twice, nothing that nobody sent.
    """
    harness = KillHarness(new_server(), LONG_RUN, runs=2, chance=random.Random(7))
    try:
        harness.open()
        harness.kill(servers=SERVER_KILLS, runs=RUN_KILLS)
        report = harness.report()
    finally:
        harness.close()

    assert report.holds, report
    assert report.kills == {"server": SERVER_KILLS, "run": RUN_KILLS}
    assert report.commands.acknowledged > 0
    assert report.events.acknowledged == report.events.read
    assert report.episodes.acknowledged > 0
