"""What a run will need, worked out before it starts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matinee.contracts.environments import EnvironmentDescription, SpaceDescription
from matinee.contracts.run_spec import RunSpec, parse_run_spec
from matinee.errors import InvalidInputError
from matinee.runs.ports import ServerLimits
from matinee.runs.resources import Need, check_resources, need_of, parameters_of

LIMITS = ServerLimits(active_runs=1, workers_per_run=64)
CARTPOLE = EnvironmentDescription(
    id="CartPole-v1",
    installed=True,
    trainable=True,
    seen_as="vector",
    network_input=[4],
    policy_outputs=2,
    vectorized=True,
)
PONG = CARTPOLE.model_copy(update={"seen_as": "image", "network_input": [4, 84, 84]})
PENDULUM = CARTPOLE.model_copy(
    update={"network_input": [3], "policy_outputs": 1, "continuous_actions": True}
)
GIB = 2**30


def spec(**fields: object) -> RunSpec:
    """A run, whole but for what counts."""
    return parse_run_spec({"environment": {"id": "CartPole-v1"}, **fields})


@pytest.mark.parametrize(
    ("environment", "network", "parameters"),
    [
        (CARTPOLE, {"hidden": [64, 64]}, 4 * 64 + 64 + 64 * 64 + 64 + 64 * 2 + 2 + 64 + 1),
        (CARTPOLE, {"hidden": [8], "shared_trunk": False}, 2 * (4 * 8 + 8) + 8 * 2 + 2 + 8 + 1),
        (PENDULUM, {"hidden": [8]}, 3 * 8 + 8 + 8 + 1 + 1 + 8 + 1),
        (CARTPOLE, {"hidden": [8], "lstm": 4}, 40 + (8 + 4 + 1) * 16 + 4 * 2 + 2 + 4 + 1),
        (
            PONG,
            {"hidden": [512], "convolution": "auto"},
            # Mnih et al. 2015: 3,136 features after three convolutions.
            4 * 64 * 32 + 32 + 32 * 16 * 64 + 64 + 64 * 9 * 64 + 64
            + 3136 * 512 + 512 + 512 * 2 + 2 + 512 + 1,
        ),
        (PONG, {"hidden": [2], "convolution": "none"}, 28224 * 2 + 2 + 2 * 2 + 2 + 2 + 1),
    ],
)  # fmt: skip
def test_weights_are_counted(
    environment: EnvironmentDescription, network: dict[str, object], parameters: int
) -> None:
    """Exactly those that the network will have, by hand."""
    assert parameters_of(spec(network=network), environment) == parameters


def test_unknown_spaces_are_not_guessed() -> None:
    """An environment that nobody has looked at, or whose arguments may change it."""
    unknown = CARTPOLE.model_copy(update={"network_input": None})
    assert parameters_of(spec(), unknown) is None
    changed = spec(environment={"id": "CartPole-v1", "kwargs": {"size": 9}})
    assert parameters_of(changed, CARTPOLE) is None


def test_threads_are_those_that_compute() -> None:
    """By mode: workers, all three kinds of ga3c, or one."""
    ga3c = spec(
        algorithm="ga3c",
        workers=4,
        hyperparameters={"optimizer_threads": 3, "predictor_threads": 2},
    )
    assert need_of(ga3c, CARTPOLE).threads == 9
    assert need_of(spec(workers=6), CARTPOLE).threads == 6
    assert need_of(spec(algorithm="ppo", workers=6), CARTPOLE).threads == 1
    spread = spec(workers=6, processes=3)
    assert need_of(spread, CARTPOLE).processes == 3


def test_rollouts_count_with_the_memory() -> None:
    """What all rollouts hold of observations is a part of the need, told with its arithmetic; it is
    unknown of an environment that nobody has looked at.
    """
    frames = SpaceDescription(kind="Box", text="Box(0, 255, (4, 84, 84), uint8)", shape=[4, 84, 84])
    pong = PONG.model_copy(update={"observation": frames})
    large = spec(workers=4, envs_per_worker=64, hyperparameters={"rollout_length": 256})

    need = need_of(large, pong)

    assert need.rollout_bytes == (256 + 1) * 64 * 4 * 4 * 84 * 84
    assert need.memory_bytes == need_of(large, PONG).memory_bytes + need.rollout_bytes
    assert need_of(large, PONG).rollout_bytes == 0
    with pytest.raises(InvalidInputError, match=r"rollouts: \(256 \(rollout_length\) \+ 1\) x 64"):
        check_resources(need, LIMITS, machine_bytes=2 * GIB)


def test_what_fits_is_let_in() -> None:
    """A usual run on a small machine."""
    check_resources(need_of(spec(workers=8), CARTPOLE), LIMITS, machine_bytes=2 * GIB)


@pytest.mark.parametrize(
    ("need", "limits", "words"),
    [
        (Need(200, 1, 10), LIMITS, "200 threads; this server allows 128 a run"),
        (Need(1, 1, 60_000_000), LIMITS, "60,000,000 weights; this server allows 50,000,000"),
        (
            Need(8, 2, 31_200_000),
            replace(LIMITS, memory_fraction=0.5),
            (
                "memory: 2 process(es) x 250 MiB + 31,200,000 weights x 4 bytes x (4 shared "
                "copies + 3 x 8 threads) = 3.7 GiB; allowed: 2.0 GiB (50% of this machine)"
            ),
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_the_arithmetic(
    need: Need, limits: ServerLimits, words: str
) -> None:
    """Both numbers, and how the need comes about."""
    with pytest.raises(InvalidInputError) as caught:
        check_resources(need, limits, machine_bytes=4 * GIB)
    assert caught.value.code == "too_large"
    assert [field.message for field in caught.value.fields] == [words]
    assert words in str(caught.value)
