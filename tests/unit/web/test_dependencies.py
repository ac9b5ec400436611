"""The ports of the web layer, and what stands behind them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from fakes.playing_use_cases import FakePlaying
from fakes.run_use_cases import FakeFeed, FakeRuns
from fakes.watching_use_cases import FakeWatching
from matinee.runs.event_hub import EventHub
from matinee.runs.playing import Playing
from matinee.runs.service import RunService
from matinee.runs.watching import Watching
from matinee.web.dependencies import (
    EventFeed,
    PlayingUseCases,
    RunUseCases,
    WatchingUseCases,
    WebDependencies,
)

if TYPE_CHECKING:

    def _the_real_ones_fit(service: RunService, hub: EventHub) -> tuple[RunUseCases, EventFeed]:
        return service, hub


def signatures(kind: type) -> dict[str, list[tuple[str, object]]]:
    """Parameters of every public method, by name and kind."""
    return {
        name: [(p.name, p.kind) for p in inspect.signature(method).parameters.values()]
        for name, method in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    }


@pytest.mark.parametrize(
    ("port", "real", "fake"),
    [
        (RunUseCases, RunService, FakeRuns),
        (EventFeed, EventHub, FakeFeed),
        (PlayingUseCases, Playing, FakePlaying),
        (WatchingUseCases, Watching, FakeWatching),
    ],
)
def test_real_and_fake_fit_the_port(port: type, real: type, fake: type) -> None:
    """Service, hub and their fakes take exactly the arguments that the routes give."""
    for stand_in in (real, fake):
        offered = signatures(stand_in)
        assert {name: offered.get(name) for name in signatures(port)} == signatures(port)


def test_every_server_has_an_epoch_of_its_own(dependencies: WebDependencies) -> None:
    """A restarted server says so: no two have the same epoch."""
    again = WebDependencies(
        runs=dependencies.runs,
        checkpoints=dependencies.checkpoints,
        playing=dependencies.playing,
        watching=dependencies.watching,
        feed=dependencies.feed,
        sessions=dependencies.sessions,
        tokens=dependencies.tokens,
        audit=dependencies.audit,
        login_codes=dependencies.login_codes,
        token=dependencies.token,
        hosts=dependencies.hosts,
        clock=dependencies.clock,
    )

    assert again.epoch != dependencies.epoch
    assert again.telemetry is not dependencies.telemetry
