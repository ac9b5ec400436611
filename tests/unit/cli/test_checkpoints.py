"""`matinee runs checkpoints` and `matinee runs fork`, with a real server's app behind them."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import onnx
import pytest
from typer.testing import CliRunner, Result

from fakes.records import NOW, SPEC
from fakes.run_use_cases import make_run
from fakes.saved_policies import saved_policy
from matinee.cli import checkpoints as module
from matinee.cli.runs import runs_app
from matinee.contracts.checkpoints import CHECKPOINT_FORMAT, CheckpointManifest
from matinee.contracts.commands import Command, CommandState, Rewind
from matinee.contracts.events import CheckpointPinned, CheckpointSaved
from matinee.errors import CheckpointError, ConflictError, InvalidInputError, ServerUnreachableError
from matinee.journal.checkpoint_folders import manifest_files, write_folder
from matinee.journal.writer import JournalWriter
from matinee.runs.folders import RunDetails, RunFolders

RUN = "01AAAAAAAAAAAAAAAAAAAAAAA1"
OLDER = "01AAAAAAAAAAAAAAAAAAAAAAA2"
NEWER = "01AAAAAAAAAAAAAAAAAAAAAAA3"


@pytest.fixture
def saved(data_dir: Path) -> Path:
    """A data folder with a run that has two checkpoints, the older one pinned."""
    folder = RunFolders(data_dir).create(
        RUN, spec=SPEC, details=RunDetails(name="x"), created_at=NOW, start=None
    )
    policy = saved_policy().contents["policy.json"]
    contents = {"state.json": b"{}", "policy.json": policy}
    with JournalWriter(folder) as writer:
        for checkpoint_id, mean in ((OLDER, 12.5), (NEWER, 9.0)):
            manifest = CheckpointManifest(
                format=CHECKPOINT_FORMAT,
                created_at=NOW,
                env_steps=1234,
                mean_return_100=mean,
                files=manifest_files(contents),
            )
            write_folder(folder / "checkpoints" / checkpoint_id, contents, manifest)
            writer.append(
                CheckpointSaved,
                env_step=1234,
                checkpoint_id=checkpoint_id,
                cause="schedule",
                size_bytes=5000,
                mean_return_100=mean,
            )
        writer.append(
            CheckpointPinned, env_step=1234, checkpoint_id=OLDER, pinned=True, actor="token"
        )
    return data_dir


class FakeClient:
    """What a `MatineeClient` is asked; every command ends as `state`."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.state = CommandState.APPLIED

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def _command(self, *asked: Any) -> Command:
        self.asked.append(asked)
        return Command(
            id=RUN,
            run_id=RUN,
            actor="token",
            action=Rewind(checkpoint_id=OLDER),
            state=self.state,
            created_at=NOW,
            checkpoint_id=OLDER,
            error="the run is ending" if self.state is CommandState.REJECTED else None,
        )

    def save_checkpoint(self, run_id: str, *, pinned: bool, wait_s: float) -> Command:
        """As the client."""
        assert wait_s > 0
        return self._command("save", run_id, pinned)

    def pin_checkpoint(self, run_id: str, id_: str, *, pinned: bool, wait_s: float) -> Command:
        """As the client."""
        assert wait_s > 0
        return self._command("pin", run_id, id_, pinned)

    def rewind(self, run_id: str, id_: str, *, wait_s: float) -> Command:
        """As the client."""
        assert wait_s > 0
        return self._command("rewind", run_id, id_)

    def fork_run(self, run_id: str, request: dict[str, Any], *, wait_s: float) -> Any:
        """As the client."""
        assert wait_s > 0
        self.asked.append(("fork", run_id, request))
        return make_run(NEWER)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    """Instead of a connection."""
    fake = FakeClient()
    monkeypatch.setattr(module, "connected_client", lambda _data_dir, _server: fake)
    return fake


@pytest.fixture
def invoke(saved: Path) -> Callable[..., Result]:
    """Runs a command of `matinee runs`."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(runs_app, [*arguments, "--data-dir", str(saved)])

    return run


def test_the_list_has_what_a_choice_needs(invoke: Callable[..., Result]) -> None:
    """Newest first, with whole ids and what is special about each; also for programs."""
    table = invoke("checkpoints", "list", RUN).output
    lines = invoke("checkpoints", "list", RUN, "--json").output.splitlines()

    assert table.index(NEWER) < table.index(OLDER)
    for text in ("1,234", "12.5", "best, pinned", "schedule"):
        assert text in table
    assert [json.loads(line)["id"] for line in lines] == [NEWER, OLDER]


def test_a_run_without_checkpoints_is_told_what_makes_one(data_dir: Path) -> None:
    """In words."""
    RunFolders(data_dir).create(
        RUN, spec=SPEC, details=RunDetails(name="x"), created_at=NOW, start=None
    )
    arguments = ["checkpoints", "list", RUN, "--data-dir", str(data_dir)]
    assert "no checkpoints yet" in CliRunner().invoke(runs_app, arguments).output


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (("checkpoints", "save", "01a"), ("save", RUN, True)),
        (("checkpoints", "save", RUN, "--no-pin"), ("save", RUN, False)),
        (("checkpoints", "pin", RUN, "a2"), ("pin", RUN, OLDER, True)),
        (("checkpoints", "pin", RUN, OLDER, "--off"), ("pin", RUN, OLDER, False)),
        (("checkpoints", "rewind", RUN, NEWER), ("rewind", RUN, NEWER)),
    ],
)
def test_each_command_asks_the_server(
    invoke: Callable[..., Result],
    client: FakeClient,
    arguments: tuple[str, ...],
    asked: tuple[object, ...],
) -> None:
    """And prints the checkpoint's id, for the next command."""
    result = invoke(*arguments)

    assert (result.exit_code, result.output.strip()) == (0, OLDER)
    assert client.asked == [asked]


def test_what_comes_to_nothing_is_no_success(
    invoke: Callable[..., Result], client: FakeClient
) -> None:
    """A rejection is an error with its reason; what is not yet known ends with 1."""
    client.state = CommandState.REJECTED
    rejected = invoke("checkpoints", "rewind", RUN, OLDER)
    client.state = CommandState.ACCEPTED
    pending = invoke("checkpoints", "rewind", RUN, OLDER)

    assert isinstance(rejected.exception, ConflictError)
    assert "the run is ending" in str(rejected.exception)
    assert pending.exit_code == 1
    assert "not applied within" in pending.output


def test_a_fork_sends_what_shall_differ(invoke: Callable[..., Result], client: FakeClient) -> None:
    """Nothing, or everything that can; the new run's id is printed."""
    plain = invoke("fork", RUN)
    full = invoke(
        *("fork", RUN, "--checkpoint", "a2", "--set", "learning_rate=1e-3"),
        *("--env-steps", "5000", "--name", "twin"),
    )

    assert plain.output.strip() == full.output.strip() == NEWER
    assert client.asked == [
        ("fork", RUN, {"hyperparameters": {}}),
        (
            "fork",
            RUN,
            {
                "hyperparameters": {"learning_rate": 0.001},
                "checkpoint_id": OLDER,
                "budget": {"env_steps": 5000},
                "name": "twin",
            },
        ),
    ]


def test_a_download_needs_no_server(invoke: Callable[..., Result], tmp_path: Path) -> None:
    """The newest, or the one that was named; a file that is there is not written over."""
    newest, named = tmp_path / "newest.zip", tmp_path / "named.zip"
    assert invoke("checkpoints", "download", RUN, "-o", str(newest)).exit_code == 0
    assert invoke("checkpoints", "download", RUN, OLDER, "-o", str(named)).exit_code == 0
    again = invoke("checkpoints", "download", RUN, "-o", str(newest))

    for path, checkpoint_id in ((newest, NEWER), (named, OLDER)):
        with zipfile.ZipFile(path) as zipped:
            assert f"checkpoint-{checkpoint_id}/play.py" in zipped.namelist()
    assert isinstance(again.exception, InvalidInputError)


def test_a_policy_is_written_as_an_onnx_model(
    invoke: Callable[..., Result], saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole, under the name that was asked for or the checkpoint's; what can't be is told."""
    for checkpoint_id, contents in ((NEWER, saved_policy().contents), (OLDER, {"state.json": b""})):
        folder = RunFolders(saved).path(RUN) / "checkpoints" / checkpoint_id
        shutil.rmtree(folder)
        manifest = CheckpointManifest(
            format=CHECKPOINT_FORMAT,
            created_at=NOW,
            env_steps=1234,
            mean_return_100=None,
            files=manifest_files(contents),
        )
        write_folder(folder, contents, manifest)
    monkeypatch.chdir(tmp_path)
    asked = ("checkpoints", "download", RUN)

    written = invoke(*asked, "--format", "onnx")
    refused = invoke(*asked, OLDER, "-f", "onnx", "-o", "older.onnx")

    assert written.exit_code == 0, written.output
    model = onnx.load(tmp_path / f"{RUN}-{NEWER}.onnx")
    assert [tensor.name for tensor in model.graph.output] == ["logits", "value"]
    assert isinstance(refused.exception, CheckpointError)
    assert not (tmp_path / "older.onnx").exists()


def test_no_server_is_told(invoke: Callable[..., Result]) -> None:
    """With the address that was tried."""
    result = invoke("checkpoints", "save", RUN, "--server", "http://127.0.0.1:9")

    assert isinstance(result.exception, ServerUnreachableError)
    assert "127.0.0.1:9" in str(result.exception)
