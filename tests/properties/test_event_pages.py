"""Pages of events, put together, are the whole."""

from __future__ import annotations

import tempfile
from pathlib import Path

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.records import episodes, new_record, progress, summary
from matinee.contracts.events import EventType, LogWritten
from matinee.journal.reader import JournalReader

KINDS: tuple[EventType, ...] = ("log_written", "episodes_finished", "metrics_summarised")


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(KINDS), max_size=25),
    st.lists(st.integers(1, 30), min_size=1, max_size=6),
    st.sets(st.sampled_from(KINDS)),
)
def test_pages_of_any_size_make_the_whole(
    kinds: list[EventType], limits: list[int], wanted: set[EventType]
) -> None:
    """For any page sizes and filter, following `next` gives every event once and in order."""
    with tempfile.TemporaryDirectory() as folder:
        with new_record(Path(folder)) as writer:
            for number, kind in enumerate(kinds):
                if kind == "log_written":
                    writer.append(LogWritten, env_step=number, level="info", message=str(number))
                elif kind == "episodes_finished":
                    writer.append_episodes(episodes([float(number)]), updates=number)
                else:
                    writer.append_metrics({"entropy": summary(number)}, progress(number))
        reader = JournalReader(Path(folder))
        whole = [orjson.loads(event) for event in reader.events(after=0, limit=1000).events]
        assert [event["seq"] for event in whole] == list(range(1, len(kinds) + 2))

        types = tuple(sorted(wanted))
        cursor, collected, turn = 0, [], 0
        while True:
            page = reader.events(after=cursor, limit=limits[turn % len(limits)], types=types)
            assert page.next >= cursor
            if page.next == cursor:
                break
            collected += [orjson.loads(event) for event in page.events]
            cursor = page.next
            turn += 1
        assert collected == [event for event in whole if not types or event["type"] in types]
        assert cursor == len(whole)
