"""What several threads share bears eight of them at once, a hundred times each.

Threads change at every chance: the interpreter's switch interval is the shortest there is. The
weights and the queue of samples have tests of their own beside this one.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from matinee.contracts.access import Role, TokenKind
from matinee.contracts.combinations import RunLayout
from matinee.contracts.environment_parameters import EnvironmentChoice
from matinee.contracts.hyperparameters import default_settings
from matinee.errors import ConflictError, LimitExceededError
from matinee.settings import Settings, access_token
from matinee.storage.catalogue import SqliteCatalogue
from matinee.storage.sessions import SqliteSessionStore
from matinee.storage.token_file import TokenFile
from matinee.training.hyperparameter_board import HyperparameterBoard

THREADS, TIMES = 8, 100
PATIENCE_S = 60.0
NOW = datetime(2026, 1, 2, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _eager_threads() -> Iterator[None]:
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before_s)


def hammer(job: Callable[[int, int], None], *, times: int = TIMES) -> None:
    """Let every thread do its job so often, all beginning together; no exception is lost."""
    start = threading.Barrier(THREADS)
    failures: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            start.wait(PATIENCE_S)
            for time in range(times):
                job(thread, time)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert failures == []
    assert not any(thread.is_alive() for thread in threads)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[SqliteCatalogue]:
    """In a file."""
    with closing(SqliteCatalogue(tmp_path / "catalogue.db")) as opened:
        yield opened


def test_sessions(catalogue: SqliteCatalogue) -> None:
    """Of one owner so many sessions are made as may be, and every one that was made is found."""
    store, made = SqliteSessionStore(catalogue), Counter[str]()

    def open_and_find(thread: int, time: int) -> None:
        digest = f"{thread}-{time}"
        with suppress(LimitExceededError):
            store.add_session(
                digest, role=Role.VIEWER, owner="o", expires_at=NOW + DAY, now=NOW, at_most=50
            )
            made[digest] += 1
            assert store.find_session(digest, now=NOW) is not None

    hammer(open_and_find)

    assert made.total() == len(made) == 50


def test_idempotency_keys(catalogue: SqliteCatalogue) -> None:
    """Whoever claims a key at the same time as others, one of them has it, and all know which."""
    winners: list[tuple[int, str]] = []
    told: dict[int, set[str]] = {time: set() for time in range(TIMES)}

    def claim(thread: int, time: int) -> None:
        run_id = f"run-{thread}-{time}"
        claimed = catalogue.claim_idempotency_key(
            f"key-{time}", fingerprint="f", run_id=run_id, now=NOW
        )
        told[time].add(claimed.run_id)
        if claimed.is_new:
            winners.append((time, claimed.run_id))

    hammer(claim)

    assert sorted(time for time, _ in winners) == list(range(TIMES))
    assert all(told[time] == {run_id} for time, run_id in winners)


def test_the_book_of_tokens(tmp_path: Path) -> None:
    """Each thread has a book of its own over one file: a name is given once, a secret is found by
    all, and what was revoked opens nothing.
    """
    books = [TokenFile(tmp_path) for _ in range(THREADS)]
    made: list[tuple[str, str]] = []

    def make_and_find(thread: int, time: int) -> None:
        book = books[thread]
        if time % 20 == 0:
            with suppress(ConflictError):
                token, secret = book.create(
                    f"name-{time}", kind=TokenKind.TOKEN, role=Role.VIEWER, expires_at=NOW + DAY,
                    created_by="token", now=NOW,
                )  # fmt: skip
                made.append((token.id, secret))
        for token_id, secret in made:
            found = book.find(secret, TokenKind.TOKEN)
            assert found is not None
            assert found.id == token_id

    hammer(make_and_find)
    for token_id, _ in made:
        books[0].revoke(token_id, revoked_by="cli", now=NOW)

    assert len(made) == TIMES // 20
    for book in books:
        assert all(book.find_working(token_id, now=NOW) is None for token_id, _ in made)


def test_the_own_token_is_made_once(tmp_path: Path) -> None:
    """Servers and commands that start at the same time on a new folder have one token."""
    seen: set[str] = set()

    def read(thread: int, time: int) -> None:
        del thread, time
        seen.add(access_token(Settings(data_dir=tmp_path)))

    hammer(read)

    assert len(seen) == 1


def test_the_board_of_hyperparameters() -> None:
    """Every change has a number of its own, nobody reads a number that goes back, and when all have
    read the newest it is in use.
    """
    board = HyperparameterBoard(
        {**default_settings(), "workers": THREADS, "envs_per_worker": 1},
        layout=RunLayout(
            processes=1, lockstep=False, recurrent=False,
            environment=EnvironmentChoice("CartPole-v1"),
        ),
        env_steps=lambda: 0,
        on_pending=lambda _: None,
        on_applied=lambda: None,
        on_structural=lambda: None,
    )  # fmt: skip
    numbers: list[int] = []
    last = [0] * THREADS

    def propose_and_read(thread: int, time: int) -> None:
        numbers.append(board.propose({"learning_rate": 1e-4 * (1 + thread) + 1e-6 * time}))
        revision, _ = board.read(thread)
        assert revision >= last[thread]
        last[thread] = revision

    hammer(propose_and_read)
    for worker in range(THREADS):
        board.read(worker)

    assert len(set(numbers)) == THREADS * TIMES
    assert board.applied_revision == board.newest_revision == max(numbers)
