"""The shared optimizers against plain transcriptions and against torch's own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from matinee.algorithm.shared_optimizers import (
    EpsilonMode,
    OptimizerKind,
    Scratch,
    StepSettings,
    clip_by_global_norm,
    new_optimizer,
)
from oracles.a3c_reference import RmsProp, clipped

SIZE = 50
SETTINGS = StepSettings(
    learning_rate=1e-2,
    epsilon=1e-3,
    epsilon_mode="inside",
    rmsprop_decay=0.95,
    adam_beta1=0.9,
    adam_beta2=0.99,
)


def gradients(steps: int = 30) -> list[NDArray[np.float32]]:
    """Gradients of very different sizes, some of them zero."""
    generator = np.random.default_rng(3)
    scale = 10.0 ** generator.integers(-5, 3, SIZE)
    return [
        (generator.normal(size=SIZE) * scale * (generator.random(SIZE) < 0.8)).astype(np.float32)
        for _ in range(steps)
    ]


def ours(kind: OptimizerKind, settings: Callable[[int], StepSettings]) -> NDArray[np.float32]:
    """Weights after all gradients, by the package."""
    weights = np.linspace(-1, 1, SIZE).astype(np.float32)
    optimizer, scratch = new_optimizer(kind, SIZE), Scratch(SIZE)
    for number, gradient in enumerate(gradients()):
        optimizer.apply(weights, gradient, step=settings(number), scratch=scratch)
    return weights


def by_torch(build: Callable[[torch.Tensor], torch.optim.Optimizer]) -> NDArray[np.float32]:
    """Weights after all gradients, by torch."""
    weights = torch.linspace(-1, 1, SIZE).requires_grad_()
    optimizer = build(weights)
    for gradient in gradients():
        weights.grad = torch.from_numpy(gradient)
        optimizer.step()
    return weights.detach().numpy()


@pytest.mark.parametrize("mode", ["inside", "outside"])
def test_rmsprop_equals_its_transcription(mode: EpsilonMode) -> None:
    """Both placements of ε, number by number, over 30 steps."""
    settings = StepSettings(1e-2, 1e-3, mode, 0.95, 0.9, 0.99)
    reference = RmsProp(decay=0.95, epsilon=1e-3, inside=mode == "inside")
    theta = np.linspace(-1, 1, SIZE)
    for gradient in gradients():
        theta = reference.step(theta, gradient.astype(np.float64), 1e-2)

    assert ours("rmsprop", lambda _: settings) == pytest.approx(theta, abs=2e-5)


def test_rmsprop_outside_is_torchs() -> None:
    """With ε outside the root it is torch.optim.RMSprop."""
    settings = StepSettings(1e-2, 1e-3, "outside", 0.95, 0.9, 0.99)
    theirs = by_torch(lambda w: torch.optim.RMSprop([w], lr=1e-2, alpha=0.95, eps=1e-3))

    assert ours("rmsprop", lambda _: settings) == pytest.approx(theirs, abs=2e-5)


def test_the_two_placements_differ() -> None:
    """The switch is not decoration: small gradients move differently."""
    inside = ours("rmsprop", lambda _: SETTINGS)
    outside = ours("rmsprop", lambda _: StepSettings(1e-2, 1e-3, "outside", 0.95, 0.9, 0.99))

    assert np.abs(inside - outside).max() > 1e-2


def test_adam_is_torchs() -> None:
    """Shared Adam, used by one worker, is torch.optim.Adam."""
    theirs = by_torch(lambda w: torch.optim.Adam([w], lr=1e-2, betas=(0.9, 0.99), eps=1e-3))

    assert ours("adam", lambda _: SETTINGS) == pytest.approx(theirs, abs=2e-5)


def test_adam_stays_unbiased_when_beta_changes() -> None:
    """With a constant gradient m̂ is that gradient, also right after β₁ has been changed."""
    optimizer, scratch = new_optimizer("adam", 1), Scratch(1)
    weights, gradient = np.zeros(1, np.float32), np.full(1, 0.5, np.float32)
    for number in range(40):
        before = weights.copy()
        beta1 = 0.5 if number < 20 else 0.999
        optimizer.apply(
            weights,
            gradient,
            step=StepSettings(1e-2, 1e-8, "inside", 0.99, beta1, 0.999),
            scratch=scratch,
        )
        assert before - weights == pytest.approx(1e-2, rel=1e-3)


@pytest.mark.parametrize("maximum", [1e-3, 0.5, 1e3])
def test_clipping_is_by_the_global_norm(maximum: float) -> None:
    """As the transcription does, over all numbers at once."""
    gradient = gradients(1)[0]
    expected = clipped(gradient.astype(np.float64), maximum)
    norm = float(np.linalg.norm(gradient))

    was_longer = clip_by_global_norm(gradient, norm=norm, maximum=maximum)

    assert was_longer == (norm > maximum)
    assert gradient == pytest.approx(expected, rel=1e-5)


def test_zero_means_no_clipping() -> None:
    """A clip of 0 leaves every gradient alone."""
    gradient = np.full(3, 1e6, np.float32)

    assert not clip_by_global_norm(gradient, norm=1.7e6, maximum=0.0)
    assert gradient.tolist() == [1e6] * 3
