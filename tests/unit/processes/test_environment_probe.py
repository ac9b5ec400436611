"""Which environments exist, as a child process finds out."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import psutil
import pytest

from matinee.errors import EnvironmentBuildError
from matinee.processes import environment_probe
from matinee.processes.environment_probe import EnvironmentProbe

pytestmark = pytest.mark.anyio


@pytest.fixture
def broken_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The child process is a script that a test writes."""
    script = tmp_path / "python"
    monkeypatch.setattr(sys, "executable", str(script))
    return script


def write(script: Path, body: str) -> None:
    """Make the child do this."""
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o700)


async def test_it_knows_what_is_installed(environment_cache: Path) -> None:
    """CartPole is there with its spaces, kwargs and limits; what is not there is None."""
    probe = EnvironmentProbe(cache_dir=environment_cache)
    assert probe.interpreter is None
    cartpole = await probe.find("CartPole-v1")

    assert cartpole is not None
    assert cartpole.trainable
    assert cartpole.reward_threshold == 475
    assert await probe.find("Nothing-v0") is None
    assert cartpole in await probe.environments()
    assert probe.interpreter is not None


async def test_the_answer_is_kept(
    tmp_path: Path, environment_cache: Path, broken_python: Path
) -> None:
    """A second start asks no child process: one that would fail is not even started."""
    write(broken_python, "exit 1")
    cached = next(environment_cache.glob("environments-*.json")).read_bytes()
    probe = EnvironmentProbe(cache_dir=tmp_path / "cache")
    assert not probe.is_quick()
    probe._cached().parent.mkdir()
    probe._cached().write_bytes(cached)
    assert probe.is_quick()
    assert await probe.find("CartPole-v1") is not None


async def test_many_questions_are_one_look(
    tmp_path: Path, environment_cache: Path, broken_python: Path
) -> None:
    """However many ask at once, one child looks, and its answer is written for the next start."""
    cached = next(environment_cache.glob("environments-*.json"))
    write(broken_python, f"echo x >> {tmp_path}/looks; cat {cached}")
    probe = EnvironmentProbe(cache_dir=tmp_path / "cache")
    found = await asyncio.gather(*(probe.find("CartPole-v1") for _ in range(10)))

    assert all(found)
    assert (tmp_path / "looks").read_text() == "x\n"
    assert probe.is_quick()


async def test_a_damaged_cache_is_looked_at_again(
    tmp_path: Path, environment_cache: Path, broken_python: Path
) -> None:
    """A cache file that cannot be read is replaced, not an error."""
    cached = next(environment_cache.glob("environments-*.json"))
    write(broken_python, f"cat {cached}")
    probe = EnvironmentProbe(cache_dir=tmp_path / "cache")
    probe._cached().parent.mkdir()
    probe._cached().write_text("{half a docu")
    assert await probe.find("CartPole-v1") is not None
    assert probe._cached().read_bytes() == cached.read_bytes()


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("echo 'no module named gymnasium' >&2; exit 3", "no module named gymnasium"),
        ("echo '{}'", "no sensible answer"),
    ],
)
async def test_a_look_that_fails_says_why_and_is_repeated(
    tmp_path: Path, environment_cache: Path, broken_python: Path, body: str, complaint: str
) -> None:
    """The child's own words reach whoever asked; the next question looks again."""
    write(broken_python, body)
    probe = EnvironmentProbe(cache_dir=tmp_path / "cache")
    with pytest.raises(EnvironmentBuildError, match=complaint):
        await probe.environments()
    assert probe.interpreter is None

    write(broken_python, f"cat {next(environment_cache.glob('environments-*.json'))}")
    assert await probe.find("CartPole-v1") is not None


async def test_a_look_that_takes_for_ever_is_given_up(
    tmp_path: Path, broken_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that hangs is ended after a bounded time."""
    monkeypatch.setattr(environment_probe, "PROBE_TIMEOUT_S", 0.2)
    write(broken_python, "exec sleep 60")
    with pytest.raises(EnvironmentBuildError, match=r"more than 0\.2 s"):
        await EnvironmentProbe(cache_dir=tmp_path / "cache").environments()


async def test_closing_ends_a_look_under_way(tmp_path: Path, broken_python: Path) -> None:
    """A server that leaves does not wait for the look, and leaves no child behind."""
    write(broken_python, f"echo $$ > {tmp_path}/pid; exec sleep 60")
    probe = EnvironmentProbe(cache_dir=tmp_path / "cache")
    probe.begin()
    deadline_s = time.monotonic() + 30
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        assert time.monotonic() < deadline_s
        await asyncio.sleep(0.005)
    probe.close()
    probe.close()
    with pytest.raises(EnvironmentBuildError):
        await probe.environments()
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


async def test_a_cache_that_cannot_be_written_does_not_matter(
    tmp_path: Path, environment_cache: Path, broken_python: Path
) -> None:
    """On a full or read-only disk the answer is still given."""
    write(broken_python, f"cat {next(environment_cache.glob('environments-*.json'))}")
    (tmp_path / "cache").write_text("a file where the folder should be")
    probe = EnvironmentProbe(cache_dir=tmp_path / "cache")
    assert await probe.find("CartPole-v1") is not None
