"""`matinee train`: from spec file and flags to the request; the training itself is stubbed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest
import typer
from typer.testing import CliRunner, Result

from fakes.records import NOW
from matinee.bootstrap import local_run
from matinee.cli import progress, train
from matinee.contracts.ledger_file import LedgerFile
from matinee.contracts.planned_changes import PlannedChange
from matinee.contracts.run_spec import RunRequest, parse_run_spec
from matinee.contracts.run_state import ENDED_STATES, RunState
from matinee.errors import InvalidInputError

Invoke = Callable[..., Result]


class _Plan:
    """Remembers the request and ends as told."""

    def __init__(self) -> None:
        self.requests: list[RunRequest] = []
        self.end = RunState.FINISHED

    def __call__(self, _settings: object, request: RunRequest) -> _Plan:
        self.requests.append(request)
        return self

    def host(self, *, on_progress: object) -> RunState:
        """Train at once."""
        assert on_progress is not None
        return self.end

    @property
    def overrides(self) -> dict[str, Any]:
        """What was asked for, preset included."""
        request = self.requests[-1]
        preset = {} if request.preset is None else {"preset": request.preset}
        return preset | request.as_overrides()


class _Silence:
    """In place of the progress display."""

    def __init__(self, _run: object, *, quiet: bool) -> None:
        assert quiet

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, state: RunState, figures: object) -> None:
        """Draw nothing."""

    def report(self, state: RunState) -> None:
        """Say nothing."""


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> _Plan:
    """The stub that stands for planning and training."""
    plan = _Plan()
    monkeypatch.setattr(local_run, "plan_local_run", plan)
    monkeypatch.setattr(progress, "TrainingProgress", _Silence)
    return plan


@pytest.fixture
def invoke(plan: _Plan, tmp_path: Path) -> Invoke:
    """Run the command, quietly."""
    assert not plan.requests
    command = typer.Typer()
    command.command()(train.train)

    def run(*arguments: str, stdin: str | None = None) -> Result:
        everything = [*arguments, "--quiet", "--data-dir", str(tmp_path)]
        return CliRunner().invoke(command, everything, input=stdin)

    return run


def refusal(result: Result) -> InvalidInputError:
    """The error that the command raised."""
    assert isinstance(result.exception, InvalidInputError), result.output
    return result.exception


def test_the_process_is_set_for_hours(invoke: Invoke, memory_asked: list[str]) -> None:
    """One heap before anything else, and what was imported kept out of collections."""
    assert invoke("--preset", "cartpole-a3c").exit_code == 0

    assert memory_asked == ["one heap", "imports set apart"]


def test_every_flag_reaches_the_spec(invoke: Invoke, plan: _Plan) -> None:
    """Each flag sets the field that it names; --set takes numbers, words and schedules."""
    schedule = {"schedule": "linear", "from": 0.4, "to": 0.1, "from_env_step": 0,
                "until_env_step": 9000}  # fmt: skip
    flags = (
        "--preset cartpole-a3c --env Acrobot-v1 --workers 3 --envs-per-worker 5 --hidden 32,16 "
        "--seed 4 --env-steps 99 --seconds 1.5 --target-return -80 --name n --group g "
        "--set learning_rate=1e-3 --set optimizer=adam --algorithm a2c --processes 2 --lockstep "
        "--convolution nature --lstm 16 --normalize-observations"
    )

    result = invoke(*flags.split(), "--set", f"epsilon={json.dumps(schedule)}")

    assert result.exit_code == 0, result.output
    assert plan.overrides == {
        "preset": "cartpole-a3c",
        "algorithm": "a2c",
        "environment": {"id": "Acrobot-v1", "normalize_observations": True},
        "workers": 3,
        "envs_per_worker": 5,
        "processes": 2,
        "lockstep": True,
        "network": {"hidden": [32, 16], "convolution": "nature", "lstm": 16},
        "seed": 4,
        "hyperparameters": {"learning_rate": 1e-3, "optimizer": "adam", "epsilon": schedule},
        "budget": {"env_steps": 99, "seconds": 1.5, "target_return": -80},
        "name": "n",
        "group": "g",
    }


def test_flags_left_out_set_nothing(invoke: Invoke, plan: _Plan) -> None:
    """What is not said is left to the preset."""
    assert invoke("--preset", "cartpole-a3c").exit_code == 0
    assert plan.overrides == {"preset": "cartpole-a3c"}


DOCUMENT: dict[str, Any] = {
    "environment": {"id": "CartPole-v1", "kwargs": {"sutton_barto_reward": True}},
    "workers": 2,
    "hyperparameters": {"gamma": 0.9, "learning_rate": 0.5},
    "budget": {"env_steps": 10, "seconds": 2},
}


def test_flags_lie_over_a_spec_file_member_by_member(
    invoke: Invoke, plan: _Plan, tmp_path: Path
) -> None:
    """A flag replaces what it names in the spec file and nothing beside it."""
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(DOCUMENT))

    result = invoke(str(path), "--set", "gamma=0.99", "--env-steps", "20", "--workers", "1")

    assert result.exit_code == 0, result.output
    assert plan.overrides == {
        "environment": DOCUMENT["environment"],
        "workers": 1,
        "hyperparameters": {"gamma": 0.99, "learning_rate": 0.5},
        "budget": {"env_steps": 20, "seconds": 2},
    }


def test_set_reaches_every_hyperparameter(invoke: Invoke, plan: _Plan) -> None:
    """Also the two that are fields of the spec itself, and schedules in one line."""
    result = invoke(
        "--env", "CartPole-v1", "--set", "workers=3", "--set", "algorithm=ga3c",
        "--set", "learning_rate=linear:1e-3:0:100000",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    assert plan.overrides["workers"] == 3
    assert plan.overrides["algorithm"] == "ga3c"
    (rate,) = plan.overrides["hyperparameters"].items()
    assert rate[0] == "learning_rate"
    assert (rate[1]["from"], rate[1]["to"], rate[1]["until_env_step"]) == (1e-3, 0, 100_000)


def test_a_dash_reads_the_spec_from_stdin(invoke: Invoke, plan: _Plan) -> None:
    """`-` takes the same document from a pipe."""
    assert invoke("-", stdin=json.dumps(DOCUMENT)).exit_code == 0
    assert plan.overrides == DOCUMENT


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("{", "not JSON"), ("[1]", "JSON object"), (b"\xff", "not JSON"), (None, "No such file")],
)
def test_a_spec_file_that_is_none_is_refused(
    invoke: Invoke, plan: _Plan, tmp_path: Path, text: str | bytes | None, complaint: str
) -> None:
    """A missing file, broken JSON, other bytes, or another kind of document is told as such."""
    path = tmp_path / "spec.json"
    if text is not None:
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    error = refusal(invoke(str(path)))

    assert str(path) in str(error)
    assert complaint in str(error)
    assert plan.requests == []


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [(["--set", "learning_rate"], "NAME=VALUE"), (["--hidden", "64;64"], "commas")],
)
def test_a_flag_that_can_not_be_read_says_how_to_write_it(
    invoke: Invoke, arguments: list[str], advice: str
) -> None:
    """Malformed flags are refused with an example."""
    assert advice in str(refusal(invoke("--env", "CartPole-v1", *arguments)))


def test_every_wrong_field_is_named_at_once(invoke: Invoke, plan: _Plan) -> None:
    """One answer names all wrong fields, hyperparameters too, with what is allowed there."""
    document = {**DOCUMENT, "worker": 1, "seed": -1}

    result = invoke(
        "-", "--workers", "0", "--set", "gamma=2", "--set", "speed=3", stdin=json.dumps(document)
    )

    fields = {".".join(map(str, f.loc)): f.message for f in refusal(result).fields}
    assert fields.keys() == {
        "worker", "seed", "workers", "hyperparameters.gamma", "hyperparameters.speed"
    }  # fmt: skip
    assert "allowed: at least 1" in fields["workers"]
    assert "0.01 to 0.99999" in fields["hyperparameters.gamma"]
    assert "learning_rate" in fields["hyperparameters.speed"]
    assert plan.requests == []


def test_the_exit_code_tells_how_it_ended(invoke: Invoke, plan: _Plan) -> None:
    """Scripts can tell every end from the exit code alone."""
    codes = {}
    for state in ENDED_STATES:
        plan.end = state
        codes[state.value] = invoke("--preset", "cartpole-a3c").exit_code

    assert codes == {"finished": 0, "stopped": 0, "failed": 1, "aborted": 3, "interrupted": 130}


def test_the_help_teaches_in_groups() -> None:
    """Every option but the help itself and the shared data folder stands in a group of its kind."""
    app = typer.Typer(add_completion=False)
    app.command()(train.train)
    panels: dict[str, set[str | None]] = {}
    for parameter in typer.main.get_command(app).params:
        panels.setdefault(getattr(parameter, "rich_help_panel", None) or "", set()).add(
            parameter.name
        )

    assert panels["What is learned"] >= {"preset", "environment"}
    assert panels["When it ends"] == {"env_steps", "seconds", "target_return"}
    assert panels[""] <= {"spec", "data_dir", "help"}


def test_a_ledger_is_replayed_with_flags_over_it(
    invoke: Invoke, plan: _Plan, tmp_path: Path
) -> None:
    """The file's spec and plan are the request; a seed replaces the file's."""
    spec = parse_run_spec({"environment": {"id": "CartPole-v1"}, "seed": 1})
    ledger = tmp_path / "ledger.json"
    change = PlannedChange(env_step=5, hyperparameters={"gamma": 0.5})
    file = LedgerFile(
        run_id="run", exported_at=NOW, spec=spec, until_env_step=60, plan=[change],
        commands=[], not_replayed=[],
    )  # fmt: skip
    ledger.write_text(file.model_dump_json(by_alias=True))

    result = invoke("--replay", str(ledger), "--seed", "2")

    assert result.exit_code == 0, result.output
    assert plan.overrides["seed"] == 2
    assert plan.overrides["plan"] == [{"env_step": 5, "hyperparameters": {"gamma": 0.5}}]
    assert plan.overrides["budget"]["env_steps"] == 60


@pytest.mark.parametrize("other", [("--preset", "cartpole-a3c"), ("spec.json",)])
def test_a_replay_has_a_spec_of_its_own(invoke: Invoke, other: tuple[str, ...]) -> None:
    """A preset or a spec file beside it would be ignored: it is refused."""
    assert "spec of its own" in str(refusal(invoke("--replay", "ledger.json", *other)))
