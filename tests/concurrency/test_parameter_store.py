"""Many threads, and threads of several processes, push into one set of weights."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from matinee.algorithm.shared_optimizers import (
    OPTIMIZER_KINDS,
    OptimizerKind,
    Scratch,
    empty_statistics,
    new_optimizer,
)
from matinee.contracts.hyperparameters import HyperparameterSetting, default_settings
from matinee.errors import NonFiniteError
from matinee.training.counters import SlotCounter
from matinee.training.hyperparameters import HyperparameterSet, HyperparameterValues
from matinee.training.parameter_store import (
    HogwildParameterStore,
    SharedMemoryParameterStore,
    StoreMemory,
    ThreadParameterStore,
    shared_store_plan,
)
from matinee.training.shared_arrays import SharedArrays

SIZE = 3000
"""Large enough that NumPy gives up the GIL within an operation."""

WORKERS, PUSHES = 4, 300


NewStore = Callable[..., HogwildParameterStore]


@pytest.fixture(params=["threads", "shared memory"])
def new_store(request: pytest.FixtureRequest) -> Iterator[NewStore]:
    """Makes stores of both kinds: what they promise is the same."""
    memories: list[SharedArrays] = []

    def make(
        weights: NDArray[np.float32], *, workers: int, optimizer: OptimizerKind
    ) -> HogwildParameterStore:
        if request.param == "threads":
            return ThreadParameterStore(weights, workers=workers, optimizer=optimizer)
        memories.append(SharedArrays(shared_store_plan(weights.size, workers=workers)))
        store = SharedMemoryParameterStore(memories[-1], workers=workers)
        store.begin(weights, optimizer=optimizer)
        return store

    yield make
    for memory in memories:
        memory.close()


def values(**settings: HyperparameterSetting) -> HyperparameterValues:
    """Hyperparameters at their defaults but for these."""
    return HyperparameterSet(
        revision=0, settings={**default_settings(), **settings}, since_env_step={}
    ).values_at(0)


def gradient_of(worker: int, push: int) -> NDArray[np.float32]:
    """A gradient of its own for every push."""
    noise = np.random.default_rng((worker, push)).normal(size=SIZE)
    return noise.astype(np.float32)


def hammer(store: HogwildParameterStore, lock: Literal["none", "per_update"]) -> None:
    """Let all workers push at once, as fast as they can."""
    start = threading.Barrier(WORKERS)
    failures: list[BaseException] = []

    def push_all(worker: int) -> None:
        local = np.empty(SIZE, np.float32)
        try:
            start.wait(10.0)
            for push in range(PUSHES):
                version = store.pull(local)
                store.push(
                    worker,
                    gradient_of(worker, push),
                    values=values(update_lock=lock),
                    revision=0,
                    pulled_version=version,
                )
        except BaseException as error:  # noqa: BLE001 -- shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=push_all, args=(w,)) for w in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
    assert failures == []


@pytest.mark.parametrize("kind", ["rmsprop", "adam"])
@pytest.mark.parametrize("lock", ["none", "per_update"])
def test_every_push_counts_and_nothing_becomes_nan(
    new_store: NewStore, kind: OptimizerKind, lock: Literal["none", "per_update"]
) -> None:
    """Four threads, with and without a lock: version = pushes, all numbers finite, g ≥ 0."""
    store = new_store(np.zeros(SIZE, np.float32), workers=WORKERS, optimizer=kind)

    hammer(store, lock)

    weights = np.empty(SIZE, np.float32)
    assert store.pull(weights) == WORKERS * PUSHES
    assert np.isfinite(weights).all()
    _, statistics = store.statistics()
    assert all(np.isfinite(array).all() for array in statistics.values())
    assert (statistics["square_average"] >= 0).all()


def test_updates_under_the_lock_lose_nothing(new_store: NewStore) -> None:
    """With the lock the statistics equal those of the same number of pushes in a row.

    The same gradient each time, so that their order does not matter: anything lost would show.
    """

    def pushed(workers: int, pushes: int) -> tuple[NDArray[np.float32], NDArray[np.floating]]:
        store = new_store(np.zeros(SIZE, np.float32), workers=workers, optimizer="rmsprop")
        start = threading.Barrier(workers)
        one = gradient_of(0, 0)

        def push_all(worker: int) -> None:
            start.wait(10.0)
            for _ in range(pushes):
                store.push(
                    worker,
                    one.copy(),
                    values=values(update_lock="per_update", max_gradient_norm=0.0),
                    revision=0,
                    pulled_version=0,
                )

        threads = [threading.Thread(target=push_all, args=(w,)) for w in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60.0)
        weights = np.empty(SIZE, np.float32)
        store.pull(weights)
        return weights, store.statistics()[1]["square_average"]

    together, alone = pushed(4, 100), pushed(1, 400)

    assert np.array_equal(together[0], alone[0])
    assert np.array_equal(together[1], alone[1])


def test_lag_counts_the_pushes_of_others(new_store: NewStore) -> None:
    """Pulled at version 0, pushed after three others: a lag of three; one's own do not count."""
    store = new_store(np.zeros(SIZE, np.float32), workers=2, optimizer="rmsprop")
    version = store.pull(np.empty(SIZE, np.float32))

    def push(worker: int, pulled: int) -> int:
        return store.push(
            worker, gradient_of(worker, 0), values=values(), revision=0, pulled_version=pulled
        ).policy_lag

    assert [push(1, version + n) for n in range(3)] == [0, 0, 0]
    assert push(0, version) == 3


def test_pushes_at_the_same_time_are_seen_by_the_later_one() -> None:
    """Worker 1 pushes while worker 0 moves the weights: 0 sees one concurrent push, 1 none."""
    store = ThreadParameterStore(np.zeros(SIZE, np.float32), workers=2, optimizer="rmsprop")
    optimizer = store._optimizers["rmsprop"]
    apply, seen = optimizer.apply, []

    def push(worker: int) -> None:
        report = store.push(
            worker, gradient_of(worker, 0), values=values(), revision=0, pulled_version=0
        )
        seen.append((worker, report.concurrent_pushes))

    def interrupted(*args: Any, **kwargs: Any) -> None:
        optimizer.apply = apply  # type: ignore[method-assign]
        push(1)
        apply(*args, **kwargs)

    optimizer.apply = interrupted  # type: ignore[method-assign]
    push(0)

    assert seen == [(1, 0), (0, 1)]


def test_the_length_of_a_step_is_measured_now_and_then() -> None:
    """||step|| / ||weights|| by hand: RMSProp's first step, all weights alike."""
    store = ThreadParameterStore(np.full(4, 2.0, np.float32), workers=1, optimizer="rmsprop")
    gradient = np.full(4, 0.1, np.float32)
    first, second = (
        store.push(
            0,
            gradient,
            values=values(learning_rate=0.01, rmsprop_decay=0.99),
            revision=0,
            pulled_version=0,
        )
        for _ in range(2)
    )
    weights = np.empty(4, np.float32)
    store.pull(weights)

    assert first.update_ratio == pytest.approx(0.01 * 0.1 / 0.01 / 2.0, rel=0.1)
    assert math.isnan(second.update_ratio)


def store_behind(
    lock: AbstractContextManager[object], weights: NDArray[np.float32]
) -> HogwildParameterStore:
    """A store of one worker whose pushes take this lock."""
    kinds = {kind: empty_statistics(kind, weights.size) for kind in OPTIMIZER_KINDS}
    memory = StoreMemory(
        weights=weights,
        statistics=kinds,
        exchange=[OPTIMIZER_KINDS.index("rmsprop")],
        updates=SlotCounter(1),
        update_lock=lock,
        exchange_lock=nullcontext(),
    )
    return HogwildParameterStore(memory, workers=1)


def test_a_step_behind_the_lock_is_measured_alone() -> None:
    """What others do before it has the lock, and as soon as it has left it, is none of its own."""
    weights = np.full(4, 1.0, np.float32)

    @contextmanager
    def others_push() -> Iterator[None]:
        weights[:] = 2.0
        yield
        weights[:] = 9.0

    pushed = store_behind(others_push(), weights).push(
        0,
        np.full(4, 0.1, np.float32),
        values=values(learning_rate=0.01, rmsprop_decay=0.99, update_lock="per_update"),
        revision=0,
        pulled_version=0,
    )

    assert pushed.update_ratio == pytest.approx(0.01 * 0.1 / 0.01 / 2.0, rel=0.1)


def test_a_wait_for_the_lock_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what passes until the lock is had; without a lock it is next to nothing."""
    now = 10.0
    monkeypatch.setattr(time, "perf_counter", lambda: now)

    @contextmanager
    def crowded() -> Iterator[None]:
        nonlocal now
        now += 3.0
        yield
        now += 5.0

    store = store_behind(crowded(), np.ones(4, np.float32))

    def lock_s(update_lock: str) -> float:
        return store.push(
            0,
            np.full(4, 0.1, np.float32),
            values=values(update_lock=update_lock),
            revision=0,
            pulled_version=0,
        ).lock_s

    assert lock_s("none") == 0.0
    assert lock_s("per_update") == 3.0


def test_a_gradient_that_is_not_finite_leaves_the_weights_alone(new_store: NewStore) -> None:
    """NaN is refused, counted in the message, and not pushed."""
    store = new_store(np.ones(SIZE, np.float32), workers=1, optimizer="adam")
    gradient = gradient_of(0, 0)
    gradient[5:7] = np.nan

    with pytest.raises(NonFiniteError, match="2 of the gradient's 3000"):
        store.push(0, gradient, values=values(), revision=0, pulled_version=0)

    weights = np.empty(SIZE, np.float32)
    assert store.pull(weights) == 0
    assert (weights == 1.0).all()


def test_a_huge_gradient_is_clipped_and_not_refused(new_store: NewStore) -> None:
    """Its squares overflow float32, the gradient itself is finite."""
    store = new_store(np.zeros(SIZE, np.float32), workers=1, optimizer="rmsprop")

    report = store.push(
        0, np.full(SIZE, 1e25, np.float32), values=values(), revision=0, pulled_version=0
    )

    assert report.clipped
    assert report.gradient_norm == pytest.approx(1e25 * np.sqrt(SIZE), rel=1e-6)


def test_another_optimizer_starts_anew_once(new_store: NewStore) -> None:
    """The first push of a newer revision exchanges it; a worker on older values undoes nothing."""
    store = new_store(np.zeros(SIZE, np.float32), workers=2, optimizer="rmsprop")

    def push(worker: int, optimizer: OptimizerKind, revision: int) -> None:
        store.push(
            worker,
            gradient_of(worker, revision),
            values=values(optimizer=optimizer),
            revision=revision,
            pulled_version=0,
        )

    push(0, "rmsprop", 0)
    push(0, "adam", 1)
    _, after_exchange = store.statistics()
    push(1, "rmsprop", 0)

    kind, statistics = store.statistics()
    assert kind == "adam"
    assert after_exchange["beta_products"] == pytest.approx([0.9, 0.999])
    assert statistics["beta_products"] == pytest.approx([0.81, 0.999**2])


PUSH_IN_ANOTHER_PROCESS = """
import sys
import numpy as np
from matinee.contracts.hyperparameters import default_settings
from matinee.training.hyperparameters import HyperparameterSet
from matinee.training.parameter_store import SharedMemoryParameterStore, shared_store_plan
from matinee.training.shared_arrays import SharedArrays

descriptor, size, worker, pushes = map(int, sys.argv[1:])
store = SharedMemoryParameterStore(
    SharedArrays(shared_store_plan(size, workers=2), descriptor=descriptor), workers=2
)
values = HyperparameterSet(
    revision=0,
    settings={**default_settings(), "update_lock": "per_update", "max_gradient_norm": 0.0},
    since_env_step={},
).values_at(0)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(pushes):
    gradient = np.linspace(-1.0, 1.0, size, dtype=np.float32)
    store.push(worker, gradient, values=values, revision=0, pulled_version=0)
"""


def test_workers_may_keep_statistics_of_their_own(new_store: NewStore) -> None:
    """Without sharing each worker's steps are those of an optimizer that saw only its gradients."""
    apart = values(optimizer="rmsprop", shared_statistics=False, max_gradient_norm=0.0)
    store = new_store(np.zeros(SIZE, np.float32), workers=2, optimizer="rmsprop")
    expected = np.zeros(SIZE, np.float32)
    alone = [new_optimizer("rmsprop", SIZE) for _ in range(2)]

    for push in range(4):
        worker = push % 2
        gradient = (100.0 if worker else 1.0) * gradient_of(worker, push)
        alone[worker].apply(expected, gradient.copy(), step=apart.step, scratch=Scratch(SIZE))
        store.push(worker, gradient, values=apart, revision=0, pulled_version=push)

    weights = np.empty(SIZE, np.float32)
    store.pull(weights)
    assert weights.tolist() == expected.tolist()
    kind, shared = store.statistics()
    assert kind == "rmsprop"
    assert not shared["square_average"].any()


def test_shared_again_the_workers_go_on_together(new_store: NewStore) -> None:
    """Switched on again, pushes move the shared statistics; switched off, copies begin anew."""
    store = new_store(np.zeros(SIZE, np.float32), workers=1, optimizer="rmsprop")
    sizes = []
    for push, sharing in enumerate((False, True, False, True)):
        store.push(
            0,
            gradient_of(0, push),
            values=values(optimizer="rmsprop", shared_statistics=sharing),
            revision=push,
            pulled_version=push,
        )
        sizes.append(float(store.statistics()[1]["square_average"].sum()))

    assert sizes[0] == 0.0
    assert sizes[1] == sizes[2] > 0.0
    assert sizes[3] > sizes[2]


def test_processes_take_turns_under_the_lock() -> None:
    """Two processes with the same gradient each time end where one alone with all pushes ends."""

    def pushed(pushes: list[int]) -> tuple[int, NDArray[np.float32]]:
        memory = SharedArrays(shared_store_plan(SIZE, workers=2))
        store = SharedMemoryParameterStore(memory, workers=2)
        store.begin(np.zeros(SIZE, np.float32), optimizer="rmsprop")
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", PUSH_IN_ANOTHER_PROCESS]
                + [str(n) for n in (memory.descriptor, SIZE, worker, count)],
                pass_fds=[memory.descriptor],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            for worker, count in enumerate(pushes)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        for process in processes:
            process.communicate(b"go\n", timeout=60.0)
            assert process.returncode == 0
        weights = np.empty(SIZE, np.float32)
        version = store.pull(weights)
        memory.close()
        return version, weights

    version_together, together = pushed([2000, 2000])
    version_alone, alone = pushed([4000])

    assert version_together == version_alone == 4000
    assert np.array_equal(together, alone)


def test_a_successor_inherits_no_statistics(new_store: NewStore) -> None:
    """A new worker in a slot begins with the shared statistics, not with those of whoever left."""
    apart = values(optimizer="rmsprop", shared_statistics=False, max_gradient_norm=0.0)
    ones = np.ones(SIZE, np.float32)

    def weights_after_one_push(*, predecessors_pushes: int) -> NDArray[np.float32]:
        store = new_store(np.zeros(SIZE, np.float32), workers=1, optimizer="rmsprop")
        before, after = ones.copy(), ones.copy()
        for _ in range(predecessors_pushes):
            store.push(0, 100.0 * ones, values=apart, revision=0, pulled_version=0)
        store.forget_own_statistics(0)
        store.pull(before)
        store.push(0, ones.copy(), values=apart, revision=0, pulled_version=0)
        store.pull(after)
        moved: NDArray[np.float32] = after - before
        return moved

    assert weights_after_one_push(predecessors_pushes=3) == pytest.approx(
        weights_after_one_push(predecessors_pushes=0), rel=1e-3
    )
