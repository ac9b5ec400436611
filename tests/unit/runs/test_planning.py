"""From a request to a complete, checked plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from matinee.bootstrap.presets import BuiltInPresets
from matinee.contracts.environments import EnvironmentDescription, RunInterpreter
from matinee.contracts.presets import Preset
from matinee.contracts.run_spec import RunRequest, RunSpec
from matinee.contracts.schedules import LinearSchedule
from matinee.errors import FieldError, InvalidInputError
from matinee.processes.environment_probe import EnvironmentProbe
from matinee.runs.folders import RunDetails
from matinee.runs.planning import check_worker_limit, plan_run
from matinee.runs.ports import EnvironmentRegistry, ServerLimits

pytestmark = pytest.mark.anyio

RUN_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture
def registry(environment_cache: Path) -> EnvironmentProbe:
    """What is installed here."""
    return EnvironmentProbe(cache_dir=environment_cache)


async def plan(registry: EnvironmentRegistry, **fields: Any) -> tuple[RunSpec, RunDetails]:
    """Plan a run."""
    return await plan_run(
        RunRequest.model_validate(fields),
        run_id=RUN_ID,
        presets=BuiltInPresets(),
        registry=registry,
        limits=ServerLimits(active_runs=4, workers_per_run=8),
        cores=4,
        machine_bytes=8 * 2**30,
    )


async def refused(registry: EnvironmentRegistry, **fields: Any) -> list[FieldError]:
    """Why a request is refused."""
    with pytest.raises(InvalidInputError) as caught:
        await plan(registry, **fields)
    return list(caught.value.fields)


async def test_a_preset_is_filled_in_first(registry: EnvironmentProbe) -> None:
    """The request's fields go over the preset's, member by member; null clears one of them."""
    spec, details = await plan(
        registry,
        preset="cartpole-a3c",
        seed=3,
        workers=1,
        hyperparameters={"gamma": 0.5, "learning_rate": None},
        budget={"target_return": None},
        name="mine",
        group="g",
        tags=["a"],
    )
    (preset,) = [each for each in BuiltInPresets().all() if each.name == "cartpole-a3c"]
    assert spec.preset == "cartpole-a3c"
    assert (spec.workers, spec.seed) == (1, 3)
    assert spec.envs_per_worker == preset.spec.envs_per_worker
    assert spec.hyperparameters["gamma"] == 0.5
    assert "learning_rate" not in spec.hyperparameters
    assert spec.hyperparameters["optimizer"] == preset.spec.hyperparameters["optimizer"]
    assert spec.budget.target_return is None
    assert spec.budget.env_steps == preset.spec.budget.env_steps
    assert (details.name, details.group, details.tags) == ("mine", "g", ["a"])


async def test_actions_that_are_numbers_have_a_default_of_their_own(
    registry: EnvironmentProbe,
) -> None:
    """The spec says it, unless somebody said something else; choices keep the catalogue's."""
    numbers, _ = await plan(registry, environment={"id": "Pendulum-v1"})
    told, _ = await plan(
        registry,
        environment={"id": "Pendulum-v1"},
        hyperparameters={"entropy_coefficient": 0.0, "gamma": 0.9},
    )
    choices, _ = await plan(registry, environment={"id": "CartPole-v1"})

    assert numbers.hyperparameters == {"entropy_coefficient": 1e-4}
    assert told.hyperparameters == {"entropy_coefficient": 0.0, "gamma": 0.9}
    assert choices.hyperparameters == {}
    assert choices.initial_settings()["entropy_coefficient"] == 0.01


@pytest.mark.parametrize("preset", BuiltInPresets().all(), ids=lambda preset: preset.name)
async def test_presets_are_planned_as_they_were_measured(
    registry: EnvironmentProbe, preset: Preset
) -> None:
    """Every preset says itself what has a default of its own where actions are numbers."""
    found = await registry.find(preset.spec.environment.id)
    if found is None or not found.trainable:
        pytest.skip("not installed here")
    spec, _ = await plan(registry, preset=preset.name)

    assert spec.hyperparameters == preset.spec.hyperparameters


async def test_processes_are_chosen_unless_somebody_says(registry: EnvironmentProbe) -> None:
    """For a long run as many as pay; but what the request says or a preset was measured with."""
    long: dict[str, Any] = {"budget": {"env_steps": 1_000_000_000}, "workers": 3}
    alone, _ = await plan(registry, environment={"id": "CartPole-v1"}, **long)
    told, _ = await plan(registry, environment={"id": "CartPole-v1"}, processes=1, **long)
    preset, _ = await plan(registry, preset="cartpole-a3c", **long)

    assert [spec.processes for spec in (alone, told, preset)] == [3, 1, 1]


async def test_what_is_left_out_is_chosen(registry: EnvironmentProbe) -> None:
    """A seed is drawn, a name is made: every run is recorded with both."""
    one, details = await plan(registry, environment={"id": "CartPole-v1"})
    other, _ = await plan(registry, environment={"id": "CartPole-v1"})
    assert one.seed is not None
    assert one.seed != other.seed
    assert details.name == "CartPole-v1 a3c 5fav"


async def test_a_run_is_not_called_after_a_preset_for_another_task(
    registry: EnvironmentProbe,
) -> None:
    """A preset lends its name while environment and algorithm are its own."""
    _, same = await plan(registry, preset="cartpole-a3c", workers=1)
    _, other_task = await plan(registry, preset="cartpole-a3c", environment={"id": "Acrobot-v1"})
    _, other_mode = await plan(registry, preset="cartpole-a3c", algorithm="a2c")
    assert same.name == "cartpole-a3c 5fav"
    assert other_task.name == "Acrobot-v1 a3c 5fav"
    assert other_mode.name == "CartPole-v1 a2c 5fav"


async def test_a_plan_may_not_ask_for_more_workers_than_the_server_allows(
    registry: EnvironmentProbe,
) -> None:
    """The limit holds for what a run does later, too."""
    cartpole = {"id": "CartPole-v1"}
    later = [{"env_step": 9, "hyperparameters": {"workers": 9}}]
    (field,) = await refused(registry, environment=cartpole, plan=later)

    assert "from 1 to 8" in field.message


async def test_nothing_to_train_on(registry: EnvironmentProbe) -> None:
    """Without environment and preset the request is refused, with what to add."""
    (field,) = await refused(registry, seed=1)
    assert field.loc == ("environment",)
    assert "a preset that has one" in field.message


async def test_an_unknown_environment(registry: EnvironmentProbe) -> None:
    """An unknown id is refused in whole sentences: near ones are offered, else some that are."""
    (near,) = await refused(registry, environment={"id": "CartPole-v9"})
    assert near.loc == ("environment", "id")
    assert near.message.startswith("'CartPole-v9' is not registered here; did you mean CartPole-v")
    assert near.message.endswith("?")
    (far,) = await refused(registry, environment={"id": "Zzzzzz"})
    assert far.message.startswith("'Zzzzzz' is not registered here; can be trained on: ")
    assert "CartPole-v1" in far.message


class OneEnvironment:
    """A registry of one, which need not be installed."""

    def __init__(self, environment: EnvironmentDescription) -> None:
        self._environment = environment

    async def environments(self) -> list[EnvironmentDescription]:
        """All there are."""
        return [self._environment]

    async def find(self, environment_id: str) -> EnvironmentDescription | None:
        """The one."""
        return self.known(environment_id)

    def known(self, environment_id: str) -> EnvironmentDescription | None:
        """The same."""
        return self._environment if environment_id == self._environment.id else None

    @property
    def interpreter(self) -> RunInterpreter | None:
        """Nobody looked."""
        return None


async def test_an_environment_that_cannot_be_trained_on() -> None:
    """Spaces that nothing can learn from are refused by name, before any process."""
    reason = "actions are Text; Discrete, MultiDiscrete, MultiBinary or Box is needed"
    speaker = EnvironmentDescription(
        id="Speaker-v0",
        installed=True,
        trainable=False,
        untrainable_reason=reason,
        vectorized=False,
    )
    (field,) = await refused(OneEnvironment(speaker), environment={"id": "Speaker-v0"})
    assert field.loc == ("environment", "id")
    assert field.message == f"Speaker-v0 can't be trained on: {reason}"


async def test_an_environment_that_no_package_of_ours_helps() -> None:
    """Where nothing can be installed the reason is told instead."""
    moved = EnvironmentDescription(
        id="Ant-v2",
        installed=False,
        trainable=False,
        untrainable_reason="ImportError: moved elsewhere",
        vectorized=False,
    )
    (field,) = await refused(OneEnvironment(moved), environment={"id": "Ant-v2"})
    assert field.message == "Ant-v2 can't be used here: ImportError: moved elsewhere"


async def test_an_environment_that_is_not_installed(registry: EnvironmentProbe) -> None:
    """An environment whose packages are missing is refused with the command that installs them."""
    missing = [each for each in await registry.environments() if not each.installed]
    if not missing:
        pytest.skip("everything is installed here")
    known = [each for each in missing if each.install_hint is not None]
    (field,) = await refused(registry, environment={"id": known[0].id})
    assert "not installed" in field.message
    assert known[0].install_hint is not None
    assert known[0].install_hint in field.message


async def test_unknown_arguments_are_each_named(registry: EnvironmentProbe) -> None:
    """Every argument that the environment does not take is named, with those that it takes."""
    fields = await refused(
        registry, environment={"id": "CartPole-v1", "kwargs": {"wheels": 4, "wings": 2}}
    )
    assert [field.loc[-1] for field in fields] == ["wheels", "wings"]
    assert "max_episode_steps" in fields[0].message


async def test_the_servers_own_limit(registry: EnvironmentProbe) -> None:
    """More workers than this server allows are refused with its range."""
    (field,) = await refused(registry, environment={"id": "CartPole-v1"}, workers=9)
    assert field == FieldError(("workers",), "9 is not allowed; allowed: an integer from 1 to 8")


async def test_preset_and_request_together_are_checked(registry: EnvironmentProbe) -> None:
    """What is fine alone may be wrong over a preset: the merged spec is what counts."""
    (field,) = await refused(
        registry,
        preset="cartpole-a3c",
        envs_per_worker=4096,
        hyperparameters={"rollout_length": 2048},
    )
    assert "samples a rollout" in field.message
    (unknown,) = await refused(registry, preset="cartpole-b4d")
    assert "known: cartpole-lesson, cartpole-a3c" in unknown.message


async def test_what_is_for_images_needs_one(registry: EnvironmentProbe) -> None:
    """A convolution over four numbers is refused at its field, with what the numbers are."""
    (error,) = await refused(
        registry, environment={"id": "CartPole-v1"}, network={"convolution": "nature"}
    )

    assert error.loc == ("network", "convolution")
    assert "Box" in error.message


async def test_images_are_normalised_for_a_convolution_only(registry: EnvironmentProbe) -> None:
    """A small grid is no image, and is normalised like other numbers."""
    wish = {"id": "ALE/Pong-v5", "normalize_observations": True}
    (error,) = await refused(registry, environment=wish, network={"convolution": "none"})

    assert error.loc == ("environment", "normalize_observations")
    await plan(registry, environment=wish)
    await plan(registry, environment={**wish, "id": "MiniGrid-Empty-5x5-v0"})


async def test_images_without_room_are_refused_with_the_arithmetic(
    registry: EnvironmentProbe,
) -> None:
    """Where the size of an observation is known, nothing is made that could not start."""
    wish = {"id": "ALE/Pong-v5"}
    many = {"rollout_length": 512}
    (error,) = await refused(
        registry, environment=wish, workers=8, envs_per_worker=64, hyperparameters=many
    )

    assert error.loc == ("hyperparameters", "rollout_length")
    assert "x 28,224 bytes an observation = 6.9 GiB; allowed: up to 4 GiB" in error.message


async def test_combinations_are_refused_after_the_preset_is_filled_in(
    registry: EnvironmentProbe,
) -> None:
    """The preset's own fields count: what the request adds has to go with them."""
    (error,) = await refused(registry, preset="cartpole-a3c", algorithm="ppo", lockstep=True)

    assert error.loc == ("lockstep",)


async def test_a_schedule_of_the_workers_is_held_to_the_servers_limit() -> None:
    """At its highest point, as a plain number is."""
    ramp = LinearSchedule.model_validate(
        {"schedule": "linear", "from": 1, "to": 9, "until_env_step": 100}
    )

    for allowed in (None, 8):
        check_worker_limit(allowed, 8)
    check_worker_limit(ramp, 9)
    for refused_setting in (9, ramp):
        with pytest.raises(InvalidInputError) as caught:
            check_worker_limit(refused_setting, 8)
        assert "9 is not allowed; allowed: an integer from 1 to 8" in caught.value.fields[0].message
