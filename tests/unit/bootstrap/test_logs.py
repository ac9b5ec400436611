"""The server's log: JSON in a file, problems also on the terminal."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import structlog

from matinee.bootstrap import logs
from matinee.bootstrap.logs import LOG_FILES, configure_server_log


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """What the whole process logs with is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    before = structlog.get_config()
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**before)


def lines(path: Path) -> list[dict[str, Any]]:
    """The log's lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_file_has_a_json_object_a_line(tmp_path: Path) -> None:
    """Our events and the libraries' messages become JSON with level, logger and UTC time."""
    path = tmp_path / "server.log"
    configure_server_log(path)

    structlog.get_logger("ours").info("run_adopted", run_id="x\ny")
    logging.getLogger("theirs").warning("odd %s", "thing")

    ours, theirs = lines(path)
    assert (ours["event"], ours["run_id"]) == ("run_adopted", "x\ny")
    assert (ours["level"], ours["logger"]) == ("info", "ours")
    assert (theirs["event"], theirs["level"], theirs["logger"]) == (
        "odd thing", "warning", "theirs",
    )  # fmt: skip
    assert ours["timestamp"].endswith("Z")


def test_only_errors_reach_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The terminal stays quiet until something fails; then it shows the traceback, as
    the file does, without the values of variables.
    """
    path = tmp_path / "server.log"
    configure_server_log(path)
    log = structlog.get_logger("ours")

    log.warning("disk_low")
    told_nobody = "a-local-" + "secret"
    try:
        assert len(told_nobody) / 0
    except ZeroDivisionError:
        log.exception("it_broke")

    told = capsys.readouterr().err
    assert "disk_low" not in told
    assert "it_broke" in told
    assert "ZeroDivisionError" in told
    assert told_nobody not in told
    assert "ZeroDivisionError" in lines(path)[1]["exception"]


def test_the_log_never_outgrows_its_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file rotates at its size, and only so many old ones are kept."""
    monkeypatch.setattr(logs, "LOG_BYTES", 500)
    configure_server_log(tmp_path / "server.log")

    for number in range(100):
        structlog.get_logger("ours").info("again", number=number)

    files = sorted(tmp_path.iterdir())
    assert len(files) == 1 + LOG_FILES
    assert max(file.stat().st_size for file in files) <= 500
    assert lines(tmp_path / "server.log")[-1]["number"] == 99


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And again when the file could be written meanwhile; not a traceback for every line."""
    path = tmp_path / "server.log"
    configure_server_log(path)
    file = logging.getLogger().handlers[0]
    assert isinstance(file, logging.FileHandler)
    disk = file.stream
    log = structlog.get_logger("ours")

    # Closing it must fail, so that no context manager can have it.
    full_disk = Path("/dev/full").open("w")  # noqa: SIM115
    for stream in (full_disk, disk, full_disk):
        file.stream = stream
        log.info("first")
        log.info("second")
    file.stream = disk
    with suppress(OSError):
        full_disk.close()

    told = capsys.readouterr().err
    assert told.count("server.log can't be written: [Errno 28]") == 2
    assert told.count("\n") == 2
    assert [line["event"] for line in lines(path)] == ["first", "second"]
