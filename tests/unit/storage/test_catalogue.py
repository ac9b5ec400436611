"""The index of runs: filters, pages, idempotency keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.run_use_cases import NOW, make_run
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.run import Run
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.contracts.run_state import RunState
from matinee.errors import InvalidInputError
from matinee.runs.ports import RunQuery
from matinee.storage.catalogue import KEY_LIFETIME, SqliteCatalogue


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[SqliteCatalogue]:
    """An empty index in a real file."""
    with closing(SqliteCatalogue(tmp_path / "catalogue.db")) as catalogue:
        yield catalogue


def save(catalogue: SqliteCatalogue, *runs: Run) -> None:
    """Put runs into the index."""
    for run in runs:
        catalogue.save_run(run)


def names(catalogue: SqliteCatalogue, query: RunQuery) -> list[str]:
    """Names of the runs on one page."""
    return [run.name for run in catalogue.list_runs(query).items]


def test_a_run_comes_back_as_it_was_saved(catalogue: SqliteCatalogue) -> None:
    """Saving and finding a run loses nothing, and saving again replaces it."""
    run = make_run(tags=["demo"], notes="naïve ☂")
    save(catalogue, run)
    changed = run.model_copy(update={"revision": 2, "state": RunState.FINISHED})
    save(catalogue, changed)

    assert catalogue.find_run(run.id) == changed
    assert catalogue.known_run_ids() == {run.id}


def test_runs_are_counted_by_state(catalogue: SqliteCatalogue) -> None:
    """Each run counts in its newest state, ended ones too, and removed ones no more."""
    first, second, third = make_run(), make_run(), make_run()
    save(catalogue, first, second, third)
    ended = second.model_copy(update={"state": RunState.FINISHED})
    save(catalogue, ended)
    catalogue.remove_run(third.id)

    assert catalogue.count_runs() == {first.state: 1, RunState.FINISHED: 1}


def test_a_removed_run_is_gone(catalogue: SqliteCatalogue) -> None:
    """After removal a run is neither found nor listed, and removing it again is no error."""
    run = make_run()
    save(catalogue, run)

    catalogue.remove_run(run.id)
    catalogue.remove_run(run.id)

    assert catalogue.find_run(run.id) is None
    assert catalogue.list_runs(RunQuery()).items == []


def test_each_filter_keeps_what_it_names(catalogue: SqliteCatalogue) -> None:
    """State, environment, algorithm, group and text each keep the matching runs and no others."""
    acrobot = EnvironmentSpec(id="Acrobot-v1")
    save(
        catalogue,
        make_run(name="plain"),
        make_run(name="done", state=RunState.FINISHED),
        make_run(name="broken", state=RunState.FAILED),
        make_run(name="arms", environment=acrobot),
        make_run(name="third lesson", group="lesson-3"),
    )

    assert set(names(catalogue, RunQuery(states=(RunState.FINISHED, RunState.FAILED)))) == {
        "done",
        "broken",
    }
    assert names(catalogue, RunQuery(environment="Acrobot-v1")) == ["arms"]
    assert names(catalogue, RunQuery(group="lesson-3")) == ["third lesson"]
    assert len(names(catalogue, RunQuery(algorithm=Algorithm.A3C))) == 5
    assert names(catalogue, RunQuery(text="THIRD")) == ["third lesson"]
    assert names(catalogue, RunQuery(text="acro")) == ["arms"]
    assert names(catalogue, RunQuery(text="lesson", states=(RunState.FAILED,))) == []


@pytest.mark.parametrize("text", ["%", "_", "'", '"', "\\", "a%b"])
def test_search_text_is_taken_literally(catalogue: SqliteCatalogue, text: str) -> None:
    """No character of a search is a wildcard or ends a string."""
    save(catalogue, make_run(name="nothing special"), make_run(name=f"has {text} in it"))

    assert names(catalogue, RunQuery(text=text)) == [f"has {text} in it"]


@given(
    offsets=st.lists(st.integers(0, 3), min_size=1, max_size=12),
    limit=st.integers(1, 5),
)
def test_pages_together_are_the_whole_list(
    tmp_path_factory: pytest.TempPathFactory, offsets: list[int], limit: int
) -> None:
    """Page by page every run comes once, newest first, also where many share one moment."""
    catalogue = SqliteCatalogue(tmp_path_factory.mktemp("pages") / "catalogue.db")
    runs = [make_run(created_at=NOW + timedelta(microseconds=offset)) for offset in offsets]
    save(catalogue, *runs)

    seen: list[Run] = []
    cursor: str | None = None
    for _ in range(len(runs) + 1):
        page = catalogue.list_runs(RunQuery(limit=limit, cursor=cursor))
        assert len(page.items) <= limit
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    catalogue.close()

    assert seen == sorted(runs, key=lambda run: (run.created_at, run.id), reverse=True)


def test_a_page_is_stable_while_runs_come_and_go(catalogue: SqliteCatalogue) -> None:
    """A run created or removed after the first page neither repeats nor hides another."""
    runs = [make_run(created_at=NOW + timedelta(seconds=n), name=str(n)) for n in range(4)]
    save(catalogue, *runs)
    first = catalogue.list_runs(RunQuery(limit=2))

    save(catalogue, make_run(created_at=NOW + timedelta(seconds=9), name="new"))
    catalogue.remove_run(runs[3].id)
    second = catalogue.list_runs(RunQuery(limit=2, cursor=first.next_cursor))

    assert [run.name for run in (*first.items, *second.items)] == ["3", "2", "1", "0"]


@pytest.mark.parametrize("cursor", ["", "abc", "!!", "MQ", "9" * 200, "MTIzLWFiYw=="])
def test_a_foreign_cursor_is_refused(catalogue: SqliteCatalogue, cursor: str) -> None:
    """A cursor that this index did not make is an input error that names the field."""
    with pytest.raises(InvalidInputError) as refusal:
        catalogue.list_runs(RunQuery(cursor=cursor))

    assert refusal.value.fields[0].loc == ("query", "cursor")


def test_a_key_is_tied_to_its_first_run(catalogue: SqliteCatalogue) -> None:
    """The second claim of a key, even for another run, gives the first run and fingerprint."""
    first = catalogue.claim_idempotency_key("k", fingerprint="a", run_id="1", now=NOW)
    second = catalogue.claim_idempotency_key("k", fingerprint="b", run_id="2", now=NOW)

    assert first.is_new
    assert (second.is_new, second.run_id, second.fingerprint) == (False, "1", "a")


def test_a_key_is_free_again_after_a_day_or_when_released(catalogue: SqliteCatalogue) -> None:
    """A key is held until just before 24 h, free from then on, and free at once if released."""
    almost = NOW + KEY_LIFETIME - timedelta(microseconds=1)
    catalogue.claim_idempotency_key("k", fingerprint="a", run_id="1", now=NOW)
    held = catalogue.claim_idempotency_key("k", fingerprint="a", run_id="2", now=almost)
    free = catalogue.claim_idempotency_key("k", fingerprint="a", run_id="3", now=NOW + KEY_LIFETIME)
    catalogue.release_idempotency_key("k")
    released = catalogue.claim_idempotency_key(
        "k", fingerprint="a", run_id="4", now=NOW + KEY_LIFETIME
    )

    assert (held.is_new, free.is_new, released.is_new) == (False, True, True)


def test_writability_is_tried_for_real(catalogue: SqliteCatalogue) -> None:
    """An open index is writable; one that SQLite refuses to write is not."""
    assert catalogue.is_writable()

    with catalogue.database.write() as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON write_probe "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )

    assert not catalogue.is_writable()
