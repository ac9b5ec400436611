"""Reading what a run's process prints, while it prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from matinee.errors import JournalError
from matinee.journal.run_log import RunLog
from matinee.journal.schema import WORKER_LOG

TEN_LINES = "".join(f"line {number}\n" for number in range(10))


def written(folder: Path, text: str | bytes, *, is_over: bool = False) -> RunLog:
    """The log of a run whose process has printed this."""
    data = text.encode() if isinstance(text, str) else text
    (folder / WORKER_LOG).write_bytes(data)
    return RunLog(folder, is_over=is_over)


def test_whoever_follows_gets_every_line_once(tmp_path: Path) -> None:
    """From the end of one page to the next: nothing twice, nothing missing, no half lines."""
    log = written(tmp_path, TEN_LINES[:20])
    page = log.before(None, limit=1000)
    text = page.text
    for length in (30, 31, 45, len(TEN_LINES)):
        written(tmp_path, TEN_LINES[:length])
        page = log.after(page.end, limit=1000)
        assert page.text == "" or page.text.endswith("\n")
        text += page.text

    assert text == TEN_LINES
    assert (page.end, page.size) == (len(TEN_LINES), len(TEN_LINES))


def test_earlier_pages_lead_to_the_beginning(tmp_path: Path) -> None:
    """Backwards in small pages: whole lines, and all of them."""
    log = written(tmp_path, TEN_LINES)
    page = log.before(None, limit=20)
    texts = [page.text]
    while page.start > 0:
        page = log.before(page.start, limit=20)
        texts.append(page.text)

    assert "".join(reversed(texts)) == TEN_LINES
    assert all(text.startswith("line ") and text.endswith("\n") for text in texts)


@pytest.mark.parametrize("limit", [7, 10, 100])
def test_a_line_longer_than_a_page_comes_in_parts(tmp_path: Path, limit: int) -> None:
    """Neither way stands still before it, and no character is torn."""
    text = "a\n" + "é" * 40 + "\nb\n"
    log = written(tmp_path, text)
    forwards, page = "", log.after(0, limit=limit)
    while page.text:
        forwards += page.text
        page = log.after(page.end, limit=limit)
    page = log.before(None, limit=limit)
    places = [page.start]
    while page.start > 0:
        page = log.before(page.start, limit=limit)
        places.append(page.start)

    assert forwards == text
    assert places == sorted(set(places), reverse=True)


def test_the_last_words_of_a_process_that_is_gone_count(tmp_path: Path) -> None:
    """A line without an end waits while somebody may end it, and is told when nobody can."""
    text = TEN_LINES + "Killed"

    assert written(tmp_path, text).before(None, limit=1000).text == TEN_LINES
    assert written(tmp_path, text, is_over=True).before(None, limit=1000).text == text
    assert written(tmp_path, text, is_over=True).after(70, limit=1000).text == "Killed"


def test_a_log_that_has_become_shorter_begins_anew(tmp_path: Path) -> None:
    """Somebody emptied it: the page starts at 0, which whoever follows notices."""
    page = written(tmp_path, TEN_LINES[:14]).after(50, limit=1000)

    assert (page.start, page.text) == (0, TEN_LINES[:14])


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    """An environment may print anything."""
    page = written(tmp_path, b"\xff\xfe\x00ok\n").before(None, limit=1000)

    assert page.text.endswith("ok\n")
    assert page.end == 6


def test_a_run_that_never_printed_has_an_empty_log(tmp_path: Path) -> None:
    """No file is no error; one that can't be read is one, in words."""
    log = RunLog(tmp_path, is_over=False)
    empty = (log.before(None, limit=10), log.after(5, limit=10), b"".join(log.whole()))
    (tmp_path / WORKER_LOG).mkdir()

    assert [page.size for page in empty[:2]] == [0, 0]
    assert empty[2] == b""
    with pytest.raises(JournalError, match="can't be read"):
        log.after(0, limit=10)


def test_the_whole_log_is_what_it_was_when_asked_for(tmp_path: Path) -> None:
    """What is printed meanwhile does not make it endless."""
    log = written(tmp_path, TEN_LINES)
    pieces = log.whole()
    first = next(pieces)
    with (tmp_path / WORKER_LOG).open("a") as file:
        file.write("more\n")

    assert first + b"".join(pieces) == TEN_LINES.encode()
