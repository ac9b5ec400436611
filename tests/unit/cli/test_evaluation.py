"""`matinee runs evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Self

import pytest
from typer.testing import CliRunner

from fakes.records import NOW, SPEC
from matinee.cli import evaluation as module
from matinee.cli.runs import runs_app
from matinee.contracts.episodes import EvaluationReport, EvaluationRequest
from matinee.runs.folders import RunDetails, RunFolders

RUN = "01AAAAAAAAAAAAAAAAAAAAAAA1"


class FakeClient:
    """What a `MatineeClient` is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, EvaluationRequest]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def evaluate(self, run_id: str, request: EvaluationRequest) -> EvaluationReport:
        """As the client."""
        self.asked.append((run_id, request))
        return EvaluationReport(
            checkpoint_id=None,
            env_step=12_345,
            deterministic=request.deterministic,
            seed=4,
            mean_return=2.0,
            std_return=1.0,
            returns=[1.0, 3.0],
            lengths=[1, 3],
        )


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    """Instead of a connection."""
    fake = FakeClient()
    monkeypatch.setattr(module, "connected_client", lambda _data_dir, _server: fake)
    return fake


def test_it_tells_what_the_episodes_came_to(data_dir: Path, client: FakeClient) -> None:
    """In a line for people, or as the server's answer for programs."""
    RunFolders(data_dir).create(
        RUN, spec=SPEC, details=RunDetails(name="x"), created_at=NOW, start=None
    )
    arguments = ["evaluate", RUN, "--data-dir", str(data_dir)]

    said = CliRunner().invoke(runs_app, [*arguments, "--episodes", "2", "--sampled"])
    told = CliRunner().invoke(runs_app, [*arguments, "--seed", "4", "--json"])

    assert said.exit_code == 0, said.output
    assert "return 2 ± 1 over 2 episodes (1 to 3), at env step 12,345" in said.output
    assert json.loads(told.output)["returns"] == [1.0, 3.0]
    assert client.asked == [
        (RUN, EvaluationRequest(episodes=2, deterministic=False)),
        (RUN, EvaluationRequest(seed=4)),
    ]


def test_a_checkpoint_that_is_not_there_is_not_asked_for(
    data_dir: Path, client: FakeClient
) -> None:
    """It is looked up first."""
    RunFolders(data_dir).create(
        RUN, spec=SPEC, details=RunDetails(name="x"), created_at=NOW, start=None
    )

    said = CliRunner().invoke(
        runs_app, ["evaluate", RUN, "--data-dir", str(data_dir), "--checkpoint", "01B"]
    )

    assert said.exit_code != 0
    assert client.asked == []
