"""No secret leaves with a log line, however it got into one."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import TextIO

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from matinee.bootstrap.log_redaction import REDACTED, Redaction
from matinee.bootstrap.logs import configure_server_log
from matinee.web.credentials import new_secret

ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
SECRET = "q7Rk-2_vX" * 4
OURS = f"mtn_{SECRET}"


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    """A configured log; what the whole process logs with is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    before = structlog.get_config()
    configure_server_log(tmp_path / "server.log", secrets=("chosen by somebody",))
    yield tmp_path / "server.log"
    for handler in root.handlers:
        handler.close()
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**before)


@pytest.mark.parametrize(
    "text",
    [
        f"GET /login?code={SECRET} HTTP/1.1",
        f"GET /api/v1/runs?token={SECRET}&limit=3",
        f"GET /x?access_token={SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"authorization: basic {SECRET}==",
        f"Proxy-Authorization: Bearer {SECRET}",
        f"Cookie: theme=dark; matinee_session_8000={SECRET}",
        f"Set-Cookie: matinee_session_8000={SECRET}; Path=/",
        f"{{'cookie': 'theme=dark; a={SECRET}', 'host': 'x'}}",
        f"[(b'host', b'x'), (b'authorization', b'Bearer {SECRET}')]",
        f"[(b'cookie', b'theme=dark; session={SECRET}')]",
        f'{{"token": "{SECRET}", "name": "lab"}}',
        f"{{'password': '{SECRET}'}}",
        f"redirect to http://x/login?code%3d{SECRET}",
        f"somebody pasted {OURS} here",
        f"/api/v1/runs/{OURS}/stop",
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str) -> None:
    """Headers, addresses, forms, JSON, Python's and ASGI's way to write them."""
    told = Redaction().text(text)
    assert SECRET not in told
    assert REDACTED in told


@pytest.mark.parametrize(
    "text",
    [
        "token_id=01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "status_code=404",
        "the token was revoked",
        '{"code": "too_many_logins"}',
        "cookies are off",
        "exit code=1",
    ],
)
def test_the_rest_stays(text: str) -> None:
    """What somebody needs to read a log by."""
    assert Redaction().text(text) == text


def test_known_secrets_may_look_like_anything() -> None:
    """People choose their tokens; the longest is looked for first."""
    redaction = Redaction(["open sesame", "open sesame, please", ""])
    told = redaction.text("said: open sesame, please!")
    assert told == f"said: {REDACTED}!"


def test_fields_are_gone_through(log_file: Path) -> None:
    """Names of fields count, at every depth, and whatever is no text is made one."""
    structlog.get_logger("ours").info(
        "odd",
        token=SECRET,
        run_id=ULID,
        headers=[(b"cookie", SECRET.encode()), (b"host", b"x")],
        nested={"a": {"Authorization": SECRET, OURS: 1}, "n": 3, "none": None, "yes": True},
        path=Path("/x") / OURS,
    )
    text = log_file.read_text()
    (line,) = map(json.loads, text.splitlines())
    assert SECRET not in text
    assert line["run_id"] == ULID
    assert line["headers"] == [["cookie", REDACTED], ["host", "x"]]
    assert (line["nested"]["n"], line["nested"]["none"], line["nested"]["yes"]) == (
        3, None, True,
    )  # fmt: skip


def use_terminal(stream: TextIO) -> None:
    """Write there what goes to the terminal."""
    handler = logging.getLogger().handlers[1]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)


def test_exceptions_and_libraries_are_gone_through(
    log_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tracebacks with their causes, and what others log, in the file and on the terminal."""
    use_terminal(sys.stderr)
    try:
        try:
            dict[str, str]()[f"Cookie: a={SECRET}"]
        except KeyError as error:
            raise ValueError(f"can't read {OURS}; chosen by somebody") from error
    except ValueError:
        structlog.get_logger("ours").exception("it_broke", path=f"/{OURS}")
        logging.getLogger("uvicorn.error").exception("Invalid request: %r", f"?token={SECRET}")
    terminal = capsys.readouterr().err
    for told in (log_file.read_text(), terminal):
        assert "it_broke" in told
        assert "ValueError" in told
        assert "test_log_redaction.py" in told
        assert SECRET not in told
        assert "chosen by somebody" not in told


def test_a_line_that_cannot_be_written_is_not_spelt_out(
    log_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The library's own complaint would hold the line and its traceback, as they were."""

    class Unwritable:
        """Breaks whatever it is put into."""

        def __str__(self) -> str:
            raise ValueError(f"Cookie: {SECRET}")

    closed = StringIO()
    closed.close()
    use_terminal(closed)
    logging.getLogger("theirs").error("token=%s", SECRET)
    odd = ("odd %s %s", (Unwritable(), SECRET), None)
    record = logging.LogRecord("theirs", logging.ERROR, __file__, 1, *odd)
    for handler in logging.getLogger().handlers[:2]:
        handler.handle(record)
    told = capsys.readouterr().err
    assert told == "a log line can't be written: ValueError\n" * 3
    assert SECRET not in log_file.read_text()


@given(st.text(), st.text())
def test_ours_are_found_wherever_they_stand(before: str, behind: str) -> None:
    """Every secret that is made, in any text."""
    secret = new_secret()
    told = Redaction().text(f"{before}mtn_{secret}{behind}")
    assert secret not in told
