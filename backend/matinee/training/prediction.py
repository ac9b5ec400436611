"""Predictor threads of ga3c: many small requests for actions become one forward pass.

An environment thread hands its observations to the desk and waits; a predictor takes all requests
that are there, runs the newest weights once over them, and answers. On a CPU and with small
networks a thread's own forward pass is cheaper than the wait; with large ones batches pay.

Reference: Babaeizadeh et al. 2017 (GA3C), §4.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.networks import NetworkShape
from matinee.training.phase_clock import PhaseClock
from matinee.training.shared_parts import TrainerParts

_WAIT_SLICE_S = 0.05

Floats = NDArray[np.float32]


class PredictionRequest:
    """Observations of one environment thread, and in time what the policy head says of them."""

    def __init__(self, observations: NDArray[Any]) -> None:
        self.observations = observations
        self.outputs: Floats | None = None
        self.version = 0
        self._answered = threading.Event()

    def answer(self, outputs: Floats, version: int) -> None:
        """Outputs of shape (N, P), made by weights of this version."""
        self.outputs = outputs
        self.version = version
        self._answered.set()

    def wait(self, timeout_s: float) -> bool:
        """Whether the answer came in time."""
        return self._answered.wait(timeout_s)


class PredictionDesk:
    """Where requests wait for a predictor."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        """Guards everything below."""
        self._requests: list[PredictionRequest] = []
        self._predictors = 0
        self._present: set[int] = set()
        self._answered = 0

    @property
    def answered(self) -> int:
        """Observations that predictors have taken so far."""
        return self._answered

    @property
    def predictors(self) -> int:
        """How many predictor threads there are to be; 0: everybody predicts alone."""
        return self._predictors

    def staff(self, predictors: int, *, is_over: Callable[[], bool]) -> list[int]:
        """Change how many predictors there are to be.

        Those with a higher number leave, and are waited for.

        Args:
            predictors: How many; 0: everybody predicts alone.
            is_over: Asked while waiting.

        Returns:
            The numbers of those that are wanted and not there; they count as there from now on.
        """
        with self._changed:
            self._predictors = predictors
            self._changed.notify_all()
            while not is_over() and not self._present <= set(range(predictors)):
                self._changed.wait(_WAIT_SLICE_S)
            missing = sorted(set(range(predictors)) - self._present)
            self._present.update(missing)
            return missing

    def leave(self, number: int) -> None:
        """Predictor `number` answers no more."""
        with self._changed:
            self._present.discard(number)
            self._changed.notify_all()

    def ask(
        self, observations: NDArray[Any], *, gives_up: Callable[[], bool]
    ) -> tuple[Floats, int] | None:
        """What the policy head says of the observations, and the version of the weights.

        Args:
            observations: Shape: (N, *observation shape).
            gives_up: Asked now and then while waiting.

        Returns:
            Shape: (N, P); None if there is no predictor, or the caller gave up.
        """
        request = PredictionRequest(observations)
        with self._changed:
            if self._predictors == 0:
                return None
            self._requests.append(request)
            # All: one alone might be a predictor that is to leave, or who waits for that.
            self._changed.notify_all()
        while not request.wait(_WAIT_SLICE_S):
            if gives_up() or not self._is_staffed_for(request):
                return None
        assert request.outputs is not None, "an answered request has outputs"
        return request.outputs, request.version

    def take(self, number: int) -> list[PredictionRequest] | None:
        """All requests that wait; None once predictor `number` is to leave. Waits a little."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._requests or number >= self._predictors, timeout=_WAIT_SLICE_S
            )
            if number >= self._predictors:
                return None
            taken, self._requests = self._requests, []
            self._answered += sum(len(request.observations) for request in taken)
            return taken

    def _is_staffed_for(self, request: PredictionRequest) -> bool:
        """Whether somebody has the request or will take it; if not, it is withdrawn."""
        with self._changed:
            if self._predictors == 0 and request in self._requests:
                self._requests.remove(request)
                return False
            return True


class Predictor:
    """One predictor thread."""

    def __init__(
        self,
        number: int,
        shape: NetworkShape,
        *,
        desk: PredictionDesk,
        shared: TrainerParts,
        clock: PhaseClock,
    ) -> None:
        self._number = number
        self._desk = desk
        self._shared = shared
        self._weights = np.zeros(shape.layout().size, np.float32)
        self._policy = NumpyActorCritic(shape, self._weights)
        self._clock = clock

    def run(self) -> None:
        """Answer requests until there are to be fewer predictors. The thread's whole life."""
        try:
            stopping = self._shared.control.stopping
            while (requests := self._next_requests()) is not None:
                if requests:
                    began = time.perf_counter()
                    self._answer(requests)
                    self._clock.acted(time.perf_counter() - began)
                elif stopping.is_set() and not self._shared.control.members():
                    return
        finally:
            self._desk.leave(self._number)

    def _next_requests(self) -> list[PredictionRequest] | None:
        with self._clock.waiting_for_queue():
            return self._desk.take(self._number)

    def _answer(self, requests: list[PredictionRequest]) -> None:
        version = self._shared.store.pull(self._weights)
        observations = np.concatenate([request.observations for request in requests])
        outputs = self._policy.outputs(observations).copy()
        start = 0
        for request in requests:
            stop = start + len(request.observations)
            request.answer(outputs[start:stop], version)
            start = stop
