"""Convolutions at the bottom of the network."""

from __future__ import annotations

import numpy as np
import pytest

from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.convolutions import CONVOLUTIONS, ConvolutionName, sizes_after
from matinee.algorithm.differentiable_policy import IMAGES_AT_ONCE, DifferentiablePolicy
from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.algorithm.torch_gradients import TorchNetwork
from matinee.contracts.agent_interface import AgentInterface, CategoricalActions

IMAGE = AgentInterface((2, 40, 44), "uint8", CategoricalActions((3,)))
RNG = np.random.default_rng(0)


def network(
    convolution: ConvolutionName, *, shared_trunk: bool = True, standardizes_images: bool = False
) -> NetworkShape:
    """Over small images of bytes."""
    return NetworkShape(
        IMAGE,
        (8,),
        "tanh",
        shared_trunk,
        convolution=convolution,
        standardizes_images=standardizes_images,
    )


def images(count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Random ones."""
    return RNG.integers(0, 256, (count, *IMAGE.observation_shape)).astype(np.uint8)


@pytest.mark.parametrize(("name", "last"), [("a3c", (32, 9, 9)), ("nature", (64, 7, 7))])
def test_sizes_on_atari_are_those_of_the_papers(
    name: ConvolutionName, last: tuple[int, int, int]
) -> None:
    """84 x 84 becomes 20 x 20, 9 x 9, and 7 x 7."""
    shapes = sizes_after((4, 84, 84), CONVOLUTIONS[name])

    assert [shape[1:] for shape in shapes][:2] == [(20, 20), (9, 9)]
    assert shapes[-1] == last


@pytest.mark.parametrize("shape", [(1, 35, 84), (5,)])
def test_what_is_too_small_is_refused(shape: tuple[int, ...]) -> None:
    """Nothing would be left of it, or it is no image."""
    with pytest.raises(ValueError, match=r"too small|no images"):
        sizes_after(shape, CONVOLUTIONS["nature"])


def by_hand(
    image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    weights: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]],
    shape: NetworkShape,
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The policy's outputs for one image, filter by filter and place by place."""
    seen: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = image / np.float64(255.0)
    if shape.standardizes_images:
        seen = (seen - seen.mean()) / seen.std()
    for name, layer in zip(shape.convolution_names("trunk"), shape.convolution_layers, strict=True):
        filters, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        height = (seen.shape[1] - layer.side) // layer.stride + 1
        width = (seen.shape[2] - layer.side) // layer.stride + 1
        after = np.zeros((layer.filters, height, width))
        for f in range(layer.filters):
            for y in range(height):
                for x in range(width):
                    top, left = y * layer.stride, x * layer.stride
                    patch = seen[:, top : top + layer.side, left : left + layer.side]
                    after[f, y, x] = max(0.0, (patch * filters[f]).sum() + bias[f])
        seen = after
    hidden = np.tanh(seen.ravel() @ weights["trunk.0.weight"] + weights["trunk.0.bias"])
    return np.asarray(hidden @ weights["policy.weight"] + weights["policy.bias"], np.float64)


@pytest.mark.parametrize("standardizes", [False, True])
@pytest.mark.parametrize("name", ["a3c", "nature"])
def test_acting_and_learning_compute_the_same(name: ConvolutionName, *, standardizes: bool) -> None:
    """Both agree with loops over filters and places."""
    shape = network(name, standardizes_images=standardizes)
    flat = initial_weights(shape, seed=1) + RNG.normal(0, 0.01, shape.layout().size).astype(
        np.float32
    )
    seen = images(2)
    outputs, values = TorchNetwork(shape, flat).forward(seen)
    actor = NumpyActorCritic(shape, flat)

    expected = [by_hand(image, shape.layout().views(flat), shape) for image in seen]
    np.testing.assert_allclose(actor.outputs(seen), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(outputs.T, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(actor.values(seen), values, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shared_trunk", [True, False])
def test_the_derivative_is_the_slope(*, shared_trunk: bool) -> None:
    """Against central differences along random directions through all weights."""
    shape = network("nature", shared_trunk=shared_trunk)
    flat = initial_weights(shape, seed=2)
    policy = DifferentiablePolicy(shape, flat)
    seen, actions = images(3), np.array([[0], [2], [1]])
    ones = np.ones(3, np.float32)

    def total() -> float:
        evaluation = policy.forward(seen, actions)
        parts = evaluation.log_probability + evaluation.entropy + evaluation.values
        return float(parts.astype(np.float64).sum())

    gradient = np.zeros_like(flat)
    total()
    policy.backward(log_probability=ones, entropy=ones, value=ones, out=gradient)
    start = flat.copy()
    for _ in range(3):
        direction = RNG.normal(size=len(flat)).astype(np.float32)
        direction /= np.linalg.norm(direction)
        slope = 0.0
        for sign in (1.0, -1.0):
            flat[:] = start + np.float32(sign * 0.01) * direction
            slope += sign * total() / 0.02
        flat[:] = start
        assert slope == pytest.approx(float(gradient @ direction), rel=0.03, abs=3e-3)


def test_brightness_and_contrast_say_nothing_once_images_are_standardised() -> None:
    """An image at half the contrast is the same image; one without any is no division by 0."""
    shape = network("a3c", standardizes_images=True)
    learner = TorchNetwork(shape, initial_weights(shape, seed=5))
    seen = images(1) // 4 * 2
    full = learner.forward(seen)[1].copy()
    blank = np.full_like(seen, 87)

    np.testing.assert_allclose(learner.forward(seen // 2 + 9)[1], full, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(learner.forward(blank)[1], 0.0, atol=1e-4)


def test_a_long_batch_is_looked_at_in_parts() -> None:
    """Every sample is valued as in a batch of its own, whatever part it falls into."""
    shape = network("a3c")
    policy = DifferentiablePolicy(shape, initial_weights(shape, seed=3))
    seen, actions = images(2 * IMAGES_AT_ONCE + 3), RNG.integers(0, 3, (2 * IMAGES_AT_ONCE + 3, 1))

    together = policy.evaluate(seen, actions)

    for index in (0, IMAGES_AT_ONCE, 2 * IMAGES_AT_ONCE + 2):
        alone = policy.forward(seen[index : index + 1], actions[index : index + 1])
        for name in ("log_probability", "entropy", "values"):
            np.testing.assert_allclose(
                getattr(together, name)[index], getattr(alone, name)[0], rtol=1e-4, atol=1e-5
            )
    assert len(together.values) == len(together.entropy) == len(seen)


def test_batches_of_any_size_may_follow_one_another() -> None:
    """The memory for floats is used again, and a smaller batch sees nothing of a larger one."""
    shape = network("nature")
    flat = initial_weights(shape, seed=4)
    learner = TorchNetwork(shape, flat)
    seen = images(5)
    learner.forward(images(7))

    assert np.array_equal(learner.forward(seen)[1], TorchNetwork(shape, flat).forward(seen)[1])


def test_acting_follows_the_weights_without_a_copy() -> None:
    """A pull into the flat vector is all it takes; images may be read-only."""
    shape = network("a3c")
    flat = initial_weights(shape, seed=0)
    actor = NumpyActorCritic(shape, flat)
    seen = images(1)
    seen.flags.writeable = False
    before = actor.outputs(seen).copy()
    flat[:] = initial_weights(shape, seed=1)

    assert not np.array_equal(actor.outputs(seen), before)
