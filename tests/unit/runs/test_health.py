"""What the server says of itself, and whether it can do its work."""

from __future__ import annotations

import importlib.util

import anyio
import pytest

from fakes.house import House, eventually
from matinee.contracts.run_state import RunState
from matinee.contracts.system import ServerFigures
from matinee.runs import health as health_module

pytestmark = pytest.mark.anyio


async def test_what_the_server_says_of_itself(house: House) -> None:
    """Limits and figures are told."""
    run_id, _ = await house.launched()
    system = await house.service.system()
    assert system.limits.active_runs == 4
    assert system.active_runs == 1

    async def counted_as_running() -> ServerFigures | None:
        # The catalogue hears of a new state a moment after memory does.
        figures = await house.service.figures()
        return figures if figures.runs == {RunState.RUNNING: 1} else None

    figures = await eventually(counted_as_running)
    assert figures.heartbeat_age_s is not None
    assert run_id in house.index.live


async def test_what_can_not_be_written_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why policies can't be had as ONNX models here, before anybody asks for one."""
    assert (await house.service.system()).onnx_unavailable is None

    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    words = (await house.service.system()).onnx_unavailable
    assert words is not None
    assert "pip install 'matinee[onnx]'" in words


async def test_what_the_records_take_is_counted(house: House) -> None:
    """Every file below the data folder counts by its size, also one that is added later."""
    run_id, _ = await house.launched()
    before = await house.service.storage()
    assert before.runs == 1
    assert before.record_bytes > 0
    assert 0 < before.free_disk_bytes < before.total_disk_bytes

    await anyio.Path(house.folders.path(run_id), "film.gif").write_bytes(b"x" * 50_000)
    # The run goes on writing.
    assert (await house.service.storage()).record_bytes >= before.record_bytes + 50_000


async def test_readiness_is_tried_for_real(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ready means: the disk can be written and has room, and every run is looked after."""
    assert (await house.service.readiness()).ready
    monkeypatch.setattr(health_module, "MIN_FREE_DISK_BYTES", 10**18)
    full = await house.service.readiness()
    assert not full.ready
    assert [name for name, check in full.checks.items() if not check.ok] == ["disk"]
    house.catalogue.close()
    assert not (await house.service.readiness()).checks["data_dir"].ok
    await house.supervisor.close(keep_runs=True)
    assert not (await house.service.readiness()).checks["supervisor"].ok
