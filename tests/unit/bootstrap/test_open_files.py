"""How many connections fit into the limit of open files."""

from __future__ import annotations

import resource

import pytest
import structlog

from matinee.bootstrap.open_files import MIN_CONNECTIONS, RESERVED, fit_connections


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Soft and hard limit as the system has them, newest last."""
    limits = [(1024, 4096)]

    def set_limit(_kind: int, values: tuple[int, int]) -> None:
        if values[0] > limits[0][1] != resource.RLIM_INFINITY:
            raise ValueError
        limits.append(values)

    monkeypatch.setattr(resource, "getrlimit", lambda _kind: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", set_limit)
    return limits


def test_enough_is_left_alone(limit: list[tuple[int, int]]) -> None:
    """Where the limit is high enough nothing is changed and nothing said."""
    with structlog.testing.capture_logs() as logs:
        assert fit_connections(1024 - RESERVED) == 1024 - RESERVED

    assert (len(limit), logs) == (1, [])


def test_too_little_is_raised(limit: list[tuple[int, int]]) -> None:
    """What the system allows is taken: no more than is needed."""
    with structlog.testing.capture_logs() as logs:
        assert fit_connections(2000) == 2000

    assert (limit[-1], logs) == ((2000 + RESERVED, 4096), [])


def test_what_can_not_be_had_is_told(limit: list[tuple[int, int]]) -> None:
    """With a hard limit below what is needed fewer connections are taken, and the log says how many
    and how to change that.
    """
    with structlog.testing.capture_logs() as logs:
        assert fit_connections(10_000) == 4096 - RESERVED

    assert limit[-1] == (4096, 4096)
    assert logs[0]["event"] == "few_open_files"
    assert f"ulimit -n {10_000 + RESERVED}" in logs[0]["advice"]
    assert f"at most {4096 - RESERVED} connections" in logs[0]["advice"]


def test_a_tiny_limit_leaves_a_few(limit: list[tuple[int, int]]) -> None:
    """Even where nothing fits, somebody can come and see."""
    limit[0] = (64, 64)

    with structlog.testing.capture_logs() as logs:
        assert fit_connections(1000) == MIN_CONNECTIONS
    assert logs[0]["connections"] == MIN_CONNECTIONS


def test_a_system_that_refuses_is_believed(
    limit: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the limit can't be raised although it has no bound by name, the old one counts."""
    limit[0] = (256, resource.RLIM_INFINITY)

    def refuse(_kind: int, _values: tuple[int, int]) -> None:
        raise ValueError

    monkeypatch.setattr(resource, "setrlimit", refuse)

    with structlog.testing.capture_logs() as logs:
        assert fit_connections(1000) == MIN_CONNECTIONS
    assert logs[0]["allowed"] == 256
