"""`matinee train`: a run in this terminal, without a server."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from matinee.cli.assignments import settings_of
from matinee.cli.documents import read_document
from matinee.cli.options import DataDir
from matinee.errors import InvalidInputError

_TASK = "What is learned"
_LEARNING = "How it learns"
_NETWORK = "What the network is"
_PARALLEL = "How much runs at once"
_END = "When it ends"
_RECORD = "What is kept and shown"

EXIT_CODES = {
    "finished": 0,
    "stopped": 0,
    "failed": 1,
    "aborted": 3,
    "interrupted": 130,
}


def train(
    spec: Annotated[
        Path | None,
        typer.Argument(
            help="A run spec as JSON, the body of POST /api/v1/runs; - for stdin.",
            allow_dash=True,
            show_default=False,
        ),
    ] = None,
    *,
    replay: Annotated[
        Path | None,
        typer.Option(
            metavar="LEDGER.json",
            help="Do what was done to another run, at the same env steps, on its seed or on "
            "--seed; the file is from `matinee runs ledger`; - for stdin.",
            allow_dash=True,
            rich_help_panel=_TASK,
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="A named starting point, such as cartpole-a3c.", rich_help_panel=_TASK),
    ] = None,
    environment: Annotated[
        str | None,
        typer.Option("--env", help="Environment id, such as CartPole-v1.", rich_help_panel=_TASK),
    ] = None,
    algorithm: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="a3c: workers learn at the same time, none waits (default). ga3c: environment "
            "threads fill a queue, optimizer threads learn from it. a2c: one learner, all "
            "environments together; same seed, same run. ppo: as a2c, each batch used several "
            "times.",
            rich_help_panel=_LEARNING,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Threads that act, and in a3c learn; in a2c and ppo a factor of the environments.",
            rich_help_panel=_PARALLEL,
        ),
    ] = None,
    envs_per_worker: Annotated[
        int | None,
        typer.Option(
            help="Environments that one worker steps together.", rich_help_panel=_PARALLEL
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            help="a3c only: processes that share the weights, to use more cores than one Python "
            "can; the workers are dealt to them. Left out: what pays for the length of the run.",
            rich_help_panel=_PARALLEL,
        ),
    ] = None,
    lockstep: Annotated[
        bool,
        typer.Option(
            "--lockstep",
            help="a3c only: workers take turns, so that the same seed makes the same run.",
            rich_help_panel=_LEARNING,
        ),
    ] = False,
    hidden: Annotated[
        str | None,
        typer.Option(help="Units of the hidden layers, such as 64,64.", rich_help_panel=_NETWORK),
    ] = None,
    convolution: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What looks at an image first: auto (default), none, a3c or nature.",
            rich_help_panel=_NETWORK,
        ),
    ] = None,
    lstm: Annotated[
        int | None,
        typer.Option(
            help="Units of an LSTM after the hidden layers: a memory; a3c and a2c only.",
            rich_help_panel=_NETWORK,
        ),
    ] = None,
    normalize_observations: Annotated[
        bool,
        typer.Option(
            "--normalize-observations",
            help="Observations to running mean 0 and variance 1, for inputs of unlike sizes; "
            "images: each by itself.",
            rich_help_panel=_TASK,
        ),
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="Left out: one is drawn and printed.", rich_help_panel=_TASK)
    ] = None,
    settings_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A hyperparameter, such as learning_rate=1e-3, or its schedule: "
            "linear:FROM:TO:UNTIL (env step; also FROM:TO:START:UNTIL), cosine and exponential "
            "alike, piecewise:STEP=VALUE:STEP=VALUE, or JSON. Repeatable. The reference lists "
            "all names; an unknown one is answered with the near ones.",
            rich_help_panel=_LEARNING,
        ),
    ] = None,
    env_steps: Annotated[
        int | None, typer.Option(help="Budget in env steps.", rich_help_panel=_END)
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Budget in seconds of training.", rich_help_panel=_END)
    ] = None,
    target_return: Annotated[
        float | None,
        typer.Option(help="End when the mean of 100 episodes reaches this.", rich_help_panel=_END),
    ] = None,
    name: Annotated[str | None, typer.Option(help="For people.", rich_help_panel=_RECORD)] = None,
    group: Annotated[
        str | None, typer.Option(help="To compare it with others.", rich_help_panel=_RECORD)
    ] = None,
    data_dir: DataDir = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="No progress, only the result.", rich_help_panel=_RECORD)
    ] = False,
) -> None:
    """Train here, with live progress; no server is needed.

    A preset, a spec file or a ledger is filled in first, then the flags over it.
    Ctrl-C writes a checkpoint and ends in good order.

    Exit code: 0 finished or stopped, 1 failed, 2 bad input, 3 aborted, 130 interrupted.

        matinee train --preset cartpole-a3c --seed 1
        matinee train --env Acrobot-v1 --workers 2 --set learning_rate=1e-3 --seconds 60
        matinee train --env CartPole-v1 --algorithm ppo --set epochs=10 --target-return 475
        matinee train --env CartPole-v1 --workers 4 --lockstep --seed 1
        matinee train --preset cartpole-a3c --set learning_rate=linear:1e-2:0:500000
        matinee train --replay LEDGER.json --seed 2
    """
    from matinee.spare_memory import imports_set_apart, share_one_heap
    from matinee.training.torch_threads import limit_library_threads

    limit_library_threads(os.environ)
    share_one_heap()
    from matinee.bootstrap.local_run import plan_local_run
    from matinee.cli.progress import TrainingProgress
    from matinee.settings import read_settings

    document = _spec_document(spec) if replay is None else _replayed(replay, spec, preset)
    flags: dict[str, Any] = {
        "preset": preset,
        "algorithm": algorithm,
        "environment": _given(
            id=environment, normalize_observations=normalize_observations or None
        ),
        "workers": workers,
        "envs_per_worker": envs_per_worker,
        "processes": processes,
        "lockstep": lockstep or None,
        "network": _given(
            hidden=None if hidden is None else _numbers(hidden),
            convolution=convolution,
            lstm=lstm,
        ),
        "seed": seed,
        "budget": _given(env_steps=env_steps, seconds=seconds, target_return=target_return),
        "name": name,
        "group": group,
    }
    _place_settings(document, settings_of(settings_ or []))
    _lay_over(document, {key: value for key, value in flags.items() if value not in (None, {})})
    # It imports most of what training takes.
    with imports_set_apart():
        run = plan_local_run(read_settings(data_dir=data_dir), _request(document))
    with TrainingProgress(run, quiet=quiet) as progress:
        state = run.host(on_progress=progress.update)
    progress.report(state)
    sys.exit(EXIT_CODES[state.value])


def _request(document: dict[str, Any]) -> Any:
    from pydantic import ValidationError

    from matinee.contracts.run_spec import RunRequest
    from matinee.contracts.validation import field_errors

    try:
        return RunRequest.model_validate(document)
    except ValidationError as error:
        raise InvalidInputError(
            "the run spec is not valid", fields=field_errors(error), code="invalid_spec"
        ) from error


def _spec_document(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        document = json.loads(read_document(path))
    except ValueError as error:
        raise InvalidInputError(f"{path} is not JSON: {error}") from error
    except RecursionError as error:
        raise InvalidInputError(f"{path} is nested too deeply") from error
    if not isinstance(document, dict):
        raise InvalidInputError(f"{path} must hold a JSON object, the body of POST /api/v1/runs")
    return document


def _replayed(ledger: Path, spec: Path | None, preset: str | None) -> dict[str, Any]:
    from matinee.cli.replay import replay_of

    if spec is not None or preset is not None:
        raise InvalidInputError(
            "--replay brings a spec of its own: leave out the preset or the spec file"
        )
    return replay_of(ledger)


def _lay_over(document: dict[str, Any], flags: dict[str, Any]) -> None:
    for key, value in flags.items():
        if isinstance(value, dict) and isinstance(document.get(key), dict):
            document[key] = {**document[key], **value}
        else:
            document[key] = value


def _place_settings(document: dict[str, Any], settings: dict[str, Any]) -> None:
    """Lay `--set` over the document: most are hyperparameters, two are the spec's own fields."""
    from matinee.contracts.hyperparameters import HYPERPARAMETERS

    own = {
        name for name in settings if name in HYPERPARAMETERS and HYPERPARAMETERS[name].spec_field
    }
    fields = {name: settings.pop(name) for name in own}
    _lay_over(document, {"hyperparameters": settings} | fields if settings else fields)


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise InvalidInputError(
            f"--hidden {text}: write units separated by commas, such as 64,64"
        ) from error


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
