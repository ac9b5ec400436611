"""From a request to a complete, checked plan: preset, overrides, environment, seed, name."""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Iterator
from dataclasses import replace

from matinee.contracts.combinations import check_memory
from matinee.contracts.environments import EnvironmentDescription
from matinee.contracts.hyperparameters import HYPERPARAMETERS, HyperparameterSetting
from matinee.contracts.presets import Preset
from matinee.contracts.run_spec import (
    Convolution,
    RunRequest,
    RunSpec,
    merge_overrides,
    parse_run_spec,
)
from matinee.contracts.schedules import schedule_values
from matinee.errors import FieldError, InvalidInputError
from matinee.runs.folders import RunDetails
from matinee.runs.ports import EnvironmentRegistry, PresetShelf, ServerLimits
from matinee.runs.process_choice import processes_that_pay
from matinee.runs.resources import check_resources, need_of, observation_bytes_of

SEED_BITS = 31
_NAMED_ENVIRONMENTS = 12
"""That many are named where none is near."""


async def plan_run(
    request: RunRequest,
    *,
    run_id: str,
    presets: PresetShelf,
    registry: EnvironmentRegistry,
    limits: ServerLimits,
    cores: int,
    machine_bytes: int,
) -> tuple[RunSpec, RunDetails]:
    """The spec and the details of a new run; nothing is made yet.

    Left out, the number of processes is chosen; a preset has been measured with what it says.

    Raises:
        InvalidInputError: naming every wrong field and what is allowed.
    """
    preset = None if request.preset is None else _find_preset(presets, request.preset)
    base = {} if preset is None else preset.as_base()
    document = merge_overrides(base, request.as_overrides())
    if "environment" not in document:
        raise InvalidInputError(
            "a run needs an environment or a preset",
            fields=[FieldError(("environment",), "give an environment, or a preset that has one")],
            code="invalid_spec",
        )
    if document.get("seed") is None:
        document["seed"] = secrets.randbits(SEED_BITS)
    spec = parse_run_spec(document)
    environment = await _find_environment(spec, registry, limits)
    spec = _with_defaults_of_actions(spec, environment)
    _check_environment(spec, environment)
    if request.preset is None and document.get("processes") is None:
        processes = processes_that_pay(spec, environment, cores=cores)
        spec = spec.model_copy(update={"processes": processes})
    check_resources(need_of(spec, environment), limits, machine_bytes=machine_bytes)
    name = spec.name or f"{_stem(spec, preset)} {run_id[-4:].lower()}"
    details = RunDetails(name=name, group=spec.group, tags=list(spec.tags))
    return spec, details


async def check_spec(
    spec: RunSpec, *, registry: EnvironmentRegistry, limits: ServerLimits, machine_bytes: int
) -> None:
    """Whether this server can run a spec that is complete.

    Raises:
        InvalidInputError: naming every wrong field and what is allowed.
    """
    environment = await _find_environment(spec, registry, limits)
    _check_environment(spec, environment)
    check_resources(need_of(spec, environment), limits, machine_bytes=machine_bytes)


async def _find_environment(
    spec: RunSpec, registry: EnvironmentRegistry, limits: ServerLimits
) -> EnvironmentDescription:
    for workers in (spec.workers, *(c.hyperparameters.get("workers") for c in spec.plan)):
        check_worker_limit(workers, limits.workers_per_run)
    environment = await registry.find(spec.environment.id)
    if environment is None:
        raise await _unknown_environment(spec.environment.id, registry)
    return environment


def _with_defaults_of_actions(spec: RunSpec, environment: EnvironmentDescription) -> RunSpec:
    """The spec, saying what has another default where actions are numbers."""
    if not environment.continuous_actions:
        return spec
    defaults = {
        name: definition.default_continuous
        for name, definition in HYPERPARAMETERS.items()
        if definition.default_continuous is not None
    }
    return spec.model_copy(update={"hyperparameters": {**defaults, **spec.hyperparameters}})


def check_worker_limit(workers: HyperparameterSetting | None, max_workers: int) -> None:
    """Refuse more workers than this server allows.

    Raises:
        InvalidInputError: with both numbers.
    """
    if workers is None or isinstance(workers, str):
        return
    most = workers if isinstance(workers, int | float) else max(schedule_values(workers))
    if most > max_workers:
        raise InvalidInputError(
            f"this server allows up to {max_workers} workers a run",
            fields=[
                FieldError(
                    ("workers",),
                    f"{most:g} is not allowed; allowed: an integer from 1 to {max_workers}",
                )
            ],
            code="invalid_spec",
        )


def _stem(spec: RunSpec, preset: Preset | None) -> str:
    """What a run without a name is called after; of a preset only if it still does its task."""
    task = (spec.environment.id, spec.algorithm)
    if preset is not None and task == (preset.spec.environment.id, preset.spec.algorithm):
        return preset.name
    return f"{spec.environment.id} {spec.algorithm.value}"


def _find_preset(presets: PresetShelf, name: str) -> Preset:
    preset = presets.find(name)
    if preset is None:
        known = ", ".join(each.name for each in presets.all())
        raise InvalidInputError(
            f"unknown preset {name!r}",
            fields=[FieldError(("preset",), f"{name!r} is unknown; known: {known}")],
            code="invalid_spec",
        )
    return preset


def _well_known_first(environment: EnvironmentDescription) -> tuple[bool, bool, str]:
    return (not environment.curated, "/" in environment.id, environment.id)


async def _unknown_environment(
    environment_id: str, registry: EnvironmentRegistry
) -> InvalidInputError:
    trainable = [each for each in await registry.environments() if each.trainable]
    known = [each.id for each in sorted(trainable, key=_well_known_first)]
    near = difflib.get_close_matches(environment_id, known, n=3)
    hint = (
        f"did you mean {', '.join(near)}?"
        if near
        else f"can be trained on: {', '.join(known[:_NAMED_ENVIRONMENTS])}, …"
    )
    return InvalidInputError(
        f"unknown environment {environment_id!r}",
        fields=[
            FieldError(
                ("environment", "id"),
                f"{environment_id!r} is not registered here; {hint}",
            )
        ],
        code="unknown_environment",
    )


def _check_environment(spec: RunSpec, environment: EnvironmentDescription) -> None:
    fields: list[FieldError] = []
    if not environment.installed:
        fields.append(
            FieldError(
                ("environment", "id"),
                f"{environment.id} needs packages that are not installed: "
                f"{environment.install_hint}"
                if environment.install_hint
                else f"{environment.id} can't be used here: {environment.untrainable_reason}",
            )
        )
    elif not environment.trainable:
        fields.append(
            FieldError(
                ("environment", "id"),
                f"{environment.id} can't be trained on: {environment.untrainable_reason}",
            )
        )
    fields.extend(_image_errors(spec, environment))
    fields.extend(_memory_errors(spec, environment))
    allowed = ", ".join(environment.kwargs) or "none"
    fields.extend(
        FieldError(
            ("environment", "kwargs", name),
            f"{environment.id} has no such argument; allowed: {allowed}",
        )
        for name in spec.environment.kwargs
        if environment.installed and name not in environment.kwargs
    )
    if fields:
        raise InvalidInputError(
            "the environment can't be used like this", fields=fields, code="invalid_environment"
        )


def _image_errors(spec: RunSpec, environment: EnvironmentDescription) -> Iterator[FieldError]:
    """What fits images only, or everything but images."""
    space = environment.observation
    if space is None:
        return
    is_image = environment.seen_as == "image"
    convolution = spec.network.convolution
    if not is_image and convolution not in (Convolution.AUTO, Convolution.NONE):
        yield FieldError(
            ("network", "convolution"),
            f"{convolution.value!r} is for images; {environment.id} is observed as {space.text}; "
            "allowed: auto or none",
        )
    unseen = is_image and convolution is Convolution.NONE
    if unseen and spec.environment.normalize_observations:
        yield FieldError(
            ("environment", "normalize_observations"),
            f"{environment.id} is observed as an image, and images are normalised for a "
            "convolution only; allowed: false, or another convolution than none",
        )


def _memory_errors(spec: RunSpec, environment: EnvironmentDescription) -> Iterator[FieldError]:
    """Rollouts without room, where the size of an observation is known before anybody looks."""
    layout = replace(spec.layout, observation_bytes=observation_bytes_of(spec, environment))
    try:
        check_memory(layout, spec.initial_settings())
    except InvalidInputError as error:
        yield FieldError(("hyperparameters", "rollout_length"), str(error))
