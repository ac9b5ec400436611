"""What becomes of a run process that has hung."""

from __future__ import annotations

import asyncio

import pytest

from fakes.house import House, eventually
from matinee.contracts.run_state import RunState
from matinee.runs import ending_hung
from matinee.runs import supervisor as supervisor_module
from matinee.runs.ending_hung import end_hung
from matinee.runs.ports import ProcessExit, RunQuery

pytestmark = pytest.mark.anyio


class Stubborn:
    """A process that only one of three signals ends."""

    pid = 1

    def __init__(self, heeds: str) -> None:
        self.heeds = heeds
        self.got: list[str] = []

    def is_alive(self) -> bool:
        """Until it gets the signal that it heeds."""
        return self.heeds not in self.got

    def busy_s(self) -> float | None:
        """Nobody knows."""
        return None

    def abort(self) -> None:
        """SIGABRT."""
        self.got.append("abort")

    def terminate(self) -> None:
        """SIGTERM."""
        self.got.append("terminate")

    def kill(self) -> None:
        """SIGKILL."""
        self.got.append("kill")

    async def wait(self, timeout_s: float) -> ProcessExit | None:  # noqa: ARG002 - no time passes
        """At once."""
        return None if self.is_alive() else ProcessExit(None, "SIGABRT")


@pytest.mark.parametrize(
    ("heeds", "got"),
    [
        ("abort", ["abort"]),
        ("terminate", ["abort", "terminate"]),
        ("kill", ["abort", "terminate", "kill"]),
    ],
)
async def test_it_is_ended_step_by_step(heeds: str, got: list[str]) -> None:
    """First the signal that makes it tell where it stands, then the polite one, then the last."""
    process = Stubborn(heeds)
    await end_hung(process)
    assert process.got == got


@pytest.fixture
def impatient(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A server that does not wait for long."""
    monkeypatch.setattr(supervisor_module, "WATCH_INTERVAL_S", 0.01)
    monkeypatch.setattr(ending_hung, "DUMP_TIMEOUT_S", 0.05)
    monkeypatch.setattr(ending_hung, "TERMINATE_TIMEOUT_S", 0.05)
    house.supervisor._hang_after_s = 0.3
    return house


@pytest.mark.parametrize("heeds", ["SIGABRT", "SIGKILL"])
async def test_a_silent_run_is_failed_with_its_log(impatient: House, heeds: str) -> None:
    """A run that says nothing any more is ended; the reason has the words and the dump."""
    impatient.launcher.manners.heeds_sigabrt = heeds == "SIGABRT"
    impatient.launcher.manners.heeds_sigterm = False
    run_id, process = await impatient.launched()
    (impatient.folders.path(run_id) / "worker.log").write_text("Fatal Python error: Aborted\nhere")
    process.beat(1)
    run = await impatient.in_state(run_id, RunState.FAILED)

    assert run.reason is not None
    assert run.reason.startswith("it hung: no sign of life for 0 s; its process was ended\n")
    assert "Fatal Python error: Aborted\nhere" in run.reason
    assert not process.is_alive()


async def test_an_idle_run_is_failed(impatient: House) -> None:
    """A run that lives but does nothing is ended as well; one that stands on purpose is not."""
    run_id, process = await impatient.launched()
    phases = ["standing"]

    async def beat() -> None:
        while process.is_alive():
            process.beat(7, phases[0])  # type: ignore[arg-type]  # one of the phases
            await asyncio.sleep(0.01)

    beating = asyncio.create_task(beat())
    await asyncio.sleep(1.0)
    assert process.is_alive()
    phases[0] = "working"
    run = await impatient.in_state(run_id, RunState.FAILED)
    await beating
    assert (run.reason or "").startswith("it hung: alive, but nothing was done for")


async def test_a_terminals_run_is_left_alone(impatient: House) -> None:
    """Somebody who stops a process in a terminal has a reason."""
    impatient.launcher.manners.hosted_by = "terminal"
    run_id, process = await impatient.launched()
    process.beat(1)
    await asyncio.sleep(1.0)
    assert process.is_alive()
    assert (await impatient.index.get(run_id)).state is RunState.RUNNING


async def test_trouble_is_told_though_no_record_can_hold_it(house: House) -> None:
    """What a run can't write down shows at the run and in the readiness, until it is over."""
    run_id, process = await house.launched()
    process.beat(1, trouble="run.db can't be written: disk is full")

    async def told() -> bool:
        return (await house.index.get(run_id)).trouble is not None

    await eventually(told)
    ready = await house.service.readiness()
    assert not ready.ready
    assert "disk is full" in ready.checks["records"].detail
    assert (await house.service.figures()).runs_in_trouble == 1
    (listed,) = (await house.index.page(RunQuery())).items
    assert listed.trouble == "run.db can't be written: disk is full"
    assert house.catalogue.find_run(run_id).trouble is None  # type: ignore[union-attr]

    process.beat(2)

    async def over() -> bool:
        return (await house.index.get(run_id)).trouble is None

    await eventually(over)
    assert (await house.service.readiness()).checks["records"].ok
