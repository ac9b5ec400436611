"""Predictor threads and those who ask them, with real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from matinee.training.prediction import PredictionDesk, PredictionRequest

PATIENCE_S = 30.0


def never() -> bool:
    """Nobody gives up."""
    return False


def at_once() -> bool:
    """Everybody gives up."""
    return True


class Asking:
    """A thread that asks for one row of observations."""

    def __init__(self, desk: PredictionDesk, *, gives_up: Callable[[], bool] = never) -> None:
        self.answer: tuple[np.ndarray, int] | None = None
        self._observations = np.ones((1, 2), np.float32)

        def ask() -> None:
            self.answer = desk.ask(self._observations, gives_up=gives_up)

        self.thread = threading.Thread(target=ask, daemon=True)
        self.thread.start()


def wait_for_requests(desk: PredictionDesk, count: int) -> list[PredictionRequest]:
    """Take requests as predictor 0 until there were so many."""
    taken: list[PredictionRequest] = []
    for _ in range(600):
        taken.extend(desk.take(0) or [])
        if len(taken) >= count:
            return taken
    raise TimeoutError(f"{len(taken)} of {count} requests came")


def test_without_predictors_everybody_predicts_alone() -> None:
    """Asking an unstaffed desk is answered at once: do it yourself."""
    assert PredictionDesk().ask(np.ones((1, 2), np.float32), gives_up=never) is None


def test_each_asker_gets_its_own_rows() -> None:
    """Many requests at once: every answer reaches the one who asked."""
    desk = PredictionDesk()
    desk.staff(1, is_over=never)
    askers = [Asking(desk) for _ in range(5)]

    for number, request in enumerate(wait_for_requests(desk, 5)):
        request.answer(np.full((1, 3), number, np.float32), version=number)

    for asker in askers:
        asker.thread.join(PATIENCE_S)
        assert asker.answer is not None
        outputs, version = asker.answer
        assert (outputs == version).all()
    assert {asker.answer[1] for asker in askers if asker.answer} == set(range(5))


def test_the_last_predictor_leaves_nobody_waiting() -> None:
    """A request that nobody took is withdrawn when the desk is closed."""
    desk = PredictionDesk()
    assert desk.staff(1, is_over=never) == [0]
    asker = Asking(desk)
    desk.leave(0)
    desk.staff(0, is_over=never)

    asker.thread.join(PATIENCE_S)

    assert not asker.thread.is_alive()
    assert asker.answer is None
    assert desk.take(0) is None


def test_who_gives_up_waits_no_longer() -> None:
    """A desk whose predictors are dead can't hold a thread that is told to stop."""
    desk = PredictionDesk()
    desk.staff(1, is_over=never)

    asker = Asking(desk, gives_up=at_once)
    asker.thread.join(PATIENCE_S)

    assert not asker.thread.is_alive()


def test_staffing_tells_whom_to_start() -> None:
    """Only predictors that are wanted and not there are started; those too many are waited for."""
    desk = PredictionDesk()
    assert desk.staff(2, is_over=never) == [0, 1]
    assert desk.staff(3, is_over=never) == [2]

    def leave() -> None:
        desk.leave(2)
        desk.leave(1)

    leaver = threading.Thread(target=leave, daemon=True)
    leaver.start()
    assert desk.staff(1, is_over=never) == []
    assert desk.staff(2, is_over=never) == [1]
    leaver.join(PATIENCE_S)
