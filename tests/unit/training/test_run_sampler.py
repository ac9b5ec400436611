"""What can be looked up about a run, without anybody reporting it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from matinee.contracts.histograms import Histogram
from matinee.contracts.metrics import METRICS
from matinee.training import run_sampler
from matinee.training.counters import SlotCounter
from matinee.training.phase_clock import PhaseClock
from matinee.training.return_window import FullWindow, WindowState
from matinee.training.run_sampler import (
    LEFT_AFTER_S,
    SAMPLE_INTERVAL_S,
    LayerSlice,
    RunSampler,
    Watched,
)
from matinee.training.sample_queue import QueueReading
from matinee.training.slots import SLOTS, optimizer_slot

QUEUE = QueueReading(
    segments=3, samples=60, capacity=4, oldest_age_s=0.25, dropped=0, predictions=0
)


@dataclass
class Scene:
    """Two threads, whose counters the test moves."""

    env_steps: SlotCounter = field(default_factory=lambda: SlotCounter(SLOTS))
    updates: SlotCounter = field(default_factory=lambda: SlotCounter(SLOTS))
    learned: float = 0.0
    clocks: dict[str, PhaseClock] = field(
        default_factory=lambda: {"one": PhaseClock(), "two": PhaseClock()}
    )
    window: WindowState = field(default_factory=WindowState)
    truncated: int = 0
    weights: NDArray[np.float32] = field(default_factory=lambda: np.array([3, 4, 0], np.float32))
    queue: QueueReading | None = None
    elsewhere_s: list[float] = field(default_factory=list)

    def sampler(self) -> RunSampler:
        """Looks at this scene."""
        return RunSampler(
            Watched(
                env_steps=self.env_steps,
                updates=self.updates,
                learned_samples=lambda: self.learned,
                clocks=lambda: self.clocks,
                window=lambda: self.window,
                truncated_episodes=lambda: self.truncated,
                weights=lambda: self.weights,
                statistics=lambda: {"square_average": np.array([0.0, 2.0])},
                layers=[LayerSlice("trunk", 0, 2), LayerSlice("value", 2, 3)],
                choices=(2, 3),
                queue=lambda: self.queue,
                elsewhere_s=lambda: self.elsewhere_s,
            )
        )


def test_rates_are_differences_over_training_time() -> None:
    """By hand: two seconds, 100 and 300 steps, 4 and 8 pushes."""
    scene = Scene()
    sampler = scene.sampler()
    sampler.sample(10.0)
    for worker, (steps, pushes) in enumerate([(100, 4), (300, 8)]):
        scene.env_steps.add(worker, steps)
        scene.updates.add(worker, pushes)
    sample = sampler.sample(12.0)
    speed = sample.metrics["worker_steps_per_second"]

    assert (speed.mean, speed.min, speed.max, speed.count) == (100.0, 50.0, 150.0, 2)
    assert sample.metrics["worker_pushes_per_second"].max == 4.0
    assert sample.metrics["updates_per_second"].last == 6.0
    assert sample.histograms is not None
    assert sample.histograms["worker_pushes"] == Histogram(0, 0, (4.0, 8.0))
    assert sample.metrics["memory_bytes"].last > 1e6
    assert sample.metrics.keys() <= METRICS.keys()


def test_a_worker_that_has_left_is_no_part_of_the_band() -> None:
    """It stands in it for as long as it might only be slow, and then no more; nor its process."""
    scene = Scene(elsewhere_s=[0.0])
    sampler = scene.sampler()
    sampler.sample(0.0)

    def look(seconds: float, *, leaver_steps: int) -> tuple[int, float, int, int]:
        for worker, amount in enumerate([100, leaver_steps]):
            scene.env_steps.add(worker, amount)
            scene.updates.add(worker, amount)
        scene.elsewhere_s[0] += leaver_steps
        metrics = sampler.sample(seconds).metrics
        speed = metrics["worker_steps_per_second"]
        pushes, processes = metrics["worker_pushes_per_second"], metrics["process_cores"]
        return speed.count, speed.min, pushes.count, processes.count

    assert look(1.0, leaver_steps=50) == (2, 50.0, 2, 2)
    assert look(2.0, leaver_steps=0) == (2, 0.0, 2, 2)
    assert look(1.0 + LEFT_AFTER_S + 1.0, leaver_steps=0)[::2] == (1, 1)
    assert look(1.0 + LEFT_AFTER_S + 2.0, leaver_steps=0) == (1, 100.0, 1, 1)
    assert look(1.0 + LEFT_AFTER_S + 3.0, leaver_steps=10) == (2, 10.0, 2, 2)


def test_shares_of_time_add_up_to_one() -> None:
    """What no phase has claimed is the rest."""
    scene = Scene()
    sampler = scene.sampler()
    sampler.sample(0.0)
    for clock in scene.clocks.values():
        clock.stepped(env_s=1.0, act_s=0.5)
        clock.pushed(0.375, lock_s=0.125)
    metrics = sampler.sample(2.0).metrics

    phases = ("env", "act", "learn", "wait", "lock", "queue", "other")
    shares = [metrics[f"share_{phase}"].mean for phase in phases]
    assert shares == [0.5, 0.25, 0.125, 0.0, 0.0625, 0.0, 0.0625]


def test_costly_looks_come_twice_a_second() -> None:
    """In between, only heartbeats and the queue are looked at."""
    scene = Scene(queue=QUEUE)
    sampler = scene.sampler()
    sampler.sample(0.0)
    soon = sampler.sample(SAMPLE_INTERVAL_S / 2)
    later = sampler.sample(SAMPLE_INTERVAL_S)

    assert soon.metrics.keys() == {"queue_depth", "queue_fill", "queue_age_s"}
    assert soon.histograms is None
    assert "memory_bytes" in later.metrics


def test_the_queue_is_looked_at() -> None:
    """Depth, fill and age as they are; drops and predictions as rates."""
    scene = Scene(queue=QUEUE)
    sampler = scene.sampler()
    sampler.sample(0.0)
    scene.queue = replace(QUEUE, dropped=5, predictions=20)
    scene.env_steps.add(0, 100)
    scene.learned = 150.0
    metrics = sampler.sample(2.0).metrics

    assert metrics["queue_depth"].last == 3.0
    assert metrics["queue_fill"].last == 0.75
    assert metrics["queue_age_s"].last == 0.25
    assert metrics["dropped_segments"].last == 2.5
    assert metrics["predictions_per_second"].last == 10.0
    assert metrics["learning_balance"].last == 1.5


def test_a_queue_that_was_made_anew_has_dropped_nothing() -> None:
    """Its counts begin at 0 again; a rate is never negative."""
    scene = Scene(queue=replace(QUEUE, dropped=7))
    sampler = scene.sampler()
    sampler.sample(0.0)
    scene.queue = QUEUE

    assert sampler.sample(2.0).metrics["dropped_segments"].last == 0.0


def test_actors_and_optimizers_are_counted_by_their_numbers() -> None:
    """The first optimizer's pushes stand where the first worker's would."""
    scene = Scene()
    sampler = scene.sampler()
    sampler.sample(0.0)
    scene.updates.add(optimizer_slot(1), 5)
    sample = sampler.sample(1.0)

    assert sample.histograms is not None
    assert sample.histograms["worker_pushes"] == Histogram(0, 0, (0.0, 5.0))
    assert sample.metrics["worker_pushes_per_second"].min == 5.0


def test_processor_time_is_that_of_all_processes() -> None:
    """The sum, and the spread over those that are up."""
    scene = Scene(elsewhere_s=[0.0, 0.0])
    sampler = scene.sampler()
    sampler.sample(0.0)
    scene.elsewhere_s = [1e9, 0.0]
    metrics = sampler.sample(1.0).metrics

    assert metrics["process_cores"].count == 2
    assert metrics["processor_cores"].last >= metrics["process_cores"].max > 0.0


def test_what_recording_takes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processor time of the thread that looks, for each second between two looks."""
    worked_s, now_s = iter((7.0, 7.5)), iter((100.0, 102.0))
    clocks = SimpleNamespace(
        thread_time=lambda: next(worked_s),
        perf_counter=lambda: next(now_s),
        process_time=lambda: 0.0,
    )
    monkeypatch.setattr(run_sampler, "time", clocks)
    sampler = Scene().sampler()
    sampler.sample(0.0)

    assert sampler.sample(1.0).metrics["record_cores"].last == 0.25


def test_threads_at_the_gate_have_no_shares() -> None:
    """Only who did something has spent time; waiting counts as not wanting the processor."""
    scene = Scene()
    sampler = scene.sampler()
    sampler.sample(0.0)
    scene.clocks["one"].learned(1.0)
    metrics = sampler.sample(2.0).metrics

    assert (metrics["share_learn"].mean, metrics["share_learn"].count) == (0.5, 1)
    assert metrics["gil_bound"].last == pytest.approx(metrics["processor_cores"].last)


@pytest.mark.parametrize(("waited_s", "share"), [(0.0, 0.5), (1.0, 1.0)])
def test_who_waits_wants_no_processor(
    monkeypatch: pytest.MonkeyPatch, waited_s: float, share: float
) -> None:
    """One core in use by two threads: half of what both could use if neither waits, and all of it
    if each waits half of the time.
    """
    now_s, worked_s = iter((100.0, 102.0)), iter((10.0, 12.0))
    clocks = SimpleNamespace(
        thread_time=lambda: 0.0,
        perf_counter=lambda: next(now_s),
        process_time=lambda: next(worked_s),
    )
    monkeypatch.setattr(run_sampler, "time", clocks)
    monkeypatch.setattr(run_sampler, "usable_cores", lambda: 4)
    scene = Scene()
    sampler = scene.sampler()
    sampler.sample(0.0)
    for clock in scene.clocks.values():
        clock.pushed(2.0, lock_s=waited_s)
    metrics = sampler.sample(2.0).metrics

    assert metrics["processor_cores"].last == 1.0
    assert metrics["gil_bound"].last == share


def test_weights_are_measured_layer_by_layer() -> None:
    """Norms by hand; labels for the bars; statistics of the optimizer."""
    sampler = Scene().sampler()
    sampler.sample(0.0)
    sample = sampler.sample(1.0)

    assert sample.metrics["weight_norm"].last == 5.0
    assert sample.metrics["statistic_max"].last == 2.0
    assert sample.histograms is not None
    assert sample.histograms["layer_weight_norm"].counts == (5.0, 0.0)
    assert sampler.labels()["layer_weight_norm"] == ("trunk", "value")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_seen(bad: float) -> None:
    """And they spoil no row of the record."""
    scene = Scene()
    sampler = scene.sampler()
    sampler.sample(0.0)
    scene.weights = np.array([1.0, bad, 0.0], np.float32)
    sample = sampler.sample(1.0)

    assert not sample.weights_are_finite
    assert sample.histograms is not None
    assert "weight_norm" not in sample.metrics
    assert "layer_weight_norm" not in sample.histograms


def test_returns_are_summed_up_when_episodes_end() -> None:
    """Mean and band of the window, median, best, and how many were cut by the time limit."""
    scene = Scene()
    sampler = scene.sampler()
    sampler.sample(0.0)
    scene.window = WindowState(4, (1.0, 2.0, 9.0, 0.0), best=FullWindow(7.0, 1.0))
    scene.truncated = 1
    metrics = sampler.sample(1.0).metrics

    assert (metrics["return_100"].mean, metrics["return_100"].max) == (3.0, 9.0)
    assert metrics["return_median_100"].last == 1.5
    assert metrics["best_return_100"].last == 7.0
    assert metrics["truncated_share"].last == 0.25
    assert "return_100" not in sampler.sample(2.0).metrics
