"""Running statistics of observations."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from fakes.probe_environments import register_probes
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments import normalization
from matinee.environments.factory import build_vector
from matinee.environments.normalization import (
    NormalizedVector,
    ObservationNormalizer,
    statistics_length,
)

RNG = np.random.default_rng(0)
SAMPLES = RNG.normal([5.0, -2.0, 0.0], [3.0, 0.1, 0.0], (1000, 3)).astype(np.float32)


def test_parts_merge_to_the_whole() -> None:
    """However the samples are split: NumPy's mean and variance of all of them."""
    normalizer = ObservationNormalizer(3)
    for part in np.split(SAMPLES, [1, 2, 10, 400]):
        normalizer.merge(part)
    state = normalizer.state()

    assert state.count == 1000
    np.testing.assert_allclose(state.mean, SAMPLES.mean(axis=0, dtype=float), rtol=1e-9)
    np.testing.assert_allclose(
        state.m2 / state.count, SAMPLES.var(axis=0, dtype=float), rtol=1e-9, atol=1e-12
    )


def test_normalised_observations_have_unit_variance_within_the_clip() -> None:
    """Mean 0, deviation 1, outliers at ±10, constant numbers 0; the input is left alone."""
    normalizer = ObservationNormalizer(3)
    normalizer.merge(SAMPLES)
    before = SAMPLES.copy()
    normal = normalizer.normalize(SAMPLES)

    np.testing.assert_allclose(normal.mean(axis=0), 0.0, atol=1e-4)
    np.testing.assert_allclose(normal.std(axis=0), [1.0, 1.0, 0.0], atol=1e-3)
    assert normalizer.normalize(np.array([1e6, -1e6, 0.0], np.float32)).tolist() == [10, -10, 0]
    assert normal.dtype == np.float32
    np.testing.assert_array_equal(SAMPLES, before)


def test_the_state_goes_into_a_checkpoint_and_back() -> None:
    """A restored normaliser does the same and goes on from there."""
    one = ObservationNormalizer(3)
    one.merge(SAMPLES[:500])
    other = ObservationNormalizer(3, one.state())
    np.testing.assert_array_equal(other.normalize(SAMPLES), one.normalize(SAMPLES))
    one.merge(SAMPLES[500:])
    other.merge(SAMPLES[500:])

    np.testing.assert_array_equal(other.state().m2, one.state().m2)
    with pytest.raises(ValueError, match="3 numbers; observations have 4"):
        ObservationNormalizer(4, one.state())


def normalized(
    normalizer: ObservationNormalizer, *, count: int = 4, frozen: bool = False
) -> NormalizedVector:
    """CartPoles cut after five steps."""
    spec = EnvironmentSpec(id="CartPole-v1", kwargs={"max_episode_steps": 5})
    return NormalizedVector(build_vector(spec, count), normalizer, frozen=frozen)


def test_what_is_seen_is_normalised_last_observations_too() -> None:
    """The same steps without the wrapper, normalised with the same statistics."""
    normalizer = ObservationNormalizer(4)
    normalizer.merge(RNG.normal(0, 0.2, (100, 4)).astype(np.float32))
    vector = normalized(normalizer, frozen=True)
    spec = EnvironmentSpec(id="CartPole-v1", kwargs={"max_episode_steps": 5})
    plain = build_vector(spec, 4)

    np.testing.assert_array_equal(vector.reset(1), normalizer.normalize(plain.reset(1)))
    finals = 0
    for _ in range(6):
        actions = np.zeros((4, 1), np.int64)
        ours, theirs = vector.step(actions), plain.step(actions)
        np.testing.assert_array_equal(ours.observations, normalizer.normalize(theirs.observations))
        assert (ours.final is None) == (theirs.final is None)
        if ours.final is not None and theirs.final is not None:
            finals += 1
            np.testing.assert_array_equal(
                ours.final.observations, normalizer.normalize(theirs.final.observations)
            )
    assert finals == 1
    assert normalizer.count == 100
    assert vector.interface == plain.interface
    vector.close()


def test_everything_seen_is_counted_once_unless_frozen() -> None:
    """Resets and steps; while frozen nothing is."""
    normalizer = ObservationNormalizer(4)
    vector = normalized(normalizer)
    vector.reset(0)
    for _ in range(100):
        vector.step(np.ones((4, 1), np.int64))
    vector.frozen = True
    for _ in range(50):
        vector.step(np.ones((4, 1), np.int64))
    vector.frozen = False
    vector.close()

    assert normalizer.count == 4 * 101


def test_statistics_are_merged_ever_more_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once while they are young, then in growing batches, and at last of the largest size."""
    monkeypatch.setattr(normalization, "LARGEST_BATCH", 40)
    normalizer = ObservationNormalizer(4)
    vector = normalized(normalizer)
    counts = [normalizer.count]
    vector.reset(0)
    for _ in range(300):
        vector.step(np.ones((4, 1), np.int64))
        if normalizer.count != counts[-1]:
            counts.append(normalizer.count)
    merged = np.diff(counts)
    vector.close()

    assert merged[0] <= 8
    assert (np.diff(merged[1:]) >= 0).all()
    assert merged[-1] == 40


def test_two_workers_share_what_they_saw() -> None:
    """Each normalises with the statistics of both."""
    register_probes()
    normalizer = ObservationNormalizer(4)
    one, two = normalized(normalizer), normalized(normalizer)
    one.reset(0)
    before = normalizer.state()
    two.reset(1)
    after = normalizer.state()

    assert before.count == 4
    assert after.count == 8
    assert not np.array_equal(before.mean, after.mean)


def test_processes_share_memory_and_lock() -> None:
    """What one object adds, another over the same memory normalises with."""
    memory, lock = np.zeros(statistics_length(3)), threading.Lock()
    here = ObservationNormalizer(3, memory=memory, lock=lock)
    there = ObservationNormalizer(3, memory=memory, lock=lock)
    here.merge(SAMPLES[:300])
    there.merge(SAMPLES[300:])
    alone = ObservationNormalizer(3)
    alone.merge(SAMPLES[:300])
    alone.merge(SAMPLES[300:])

    np.testing.assert_array_equal(here.normalize(SAMPLES), alone.normalize(SAMPLES))
    np.testing.assert_array_equal(there.normalize(SAMPLES), alone.normalize(SAMPLES))


def test_a_snapshot_stays_as_it_is() -> None:
    """Whatever is added to the original."""
    normalizer = ObservationNormalizer(3)
    normalizer.merge(SAMPLES[:10])
    snapshot = normalizer.snapshot()
    before = snapshot.normalize(SAMPLES)
    normalizer.merge(SAMPLES[10:])

    np.testing.assert_array_equal(snapshot.normalize(SAMPLES), before)
    assert snapshot.count == 10


def test_parameters_reach_the_environments() -> None:
    """The same actions lead elsewhere."""

    def last(gravity: float) -> list[float]:
        vector = NormalizedVector(
            build_vector(EnvironmentSpec(id="Pendulum-v1"), 8), ObservationNormalizer(3)
        )
        vector.set_parameters({"gravity": gravity})
        vector.reset(1)
        step = vector.step(np.zeros((8, 1), np.float32))
        return [float(number) for number in step.observations.ravel()]

    assert last(10.0) == last(10.0)
    assert last(10.0) != last(30.0)
