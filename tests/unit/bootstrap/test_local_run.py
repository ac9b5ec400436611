"""A run that is planned and hosted in this process."""

from __future__ import annotations

import importlib
import logging
import shutil
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from matinee.bootstrap import local_run
from matinee.bootstrap.local_run import LocalRun, plan_local_run
from matinee.contracts.progress import Progress
from matinee.contracts.run_spec import RunRequest
from matinee.contracts.run_state import RunState
from matinee.errors import InvalidInputError
from matinee.journal.schema import WORKER_LOG
from matinee.processes.environment_probe import EnvironmentProbe
from matinee.runs.folders import RunFolders
from matinee.runs.planning import plan_run
from matinee.settings import Settings

CARTPOLE = {"id": "CartPole-v1"}
SMALL = {
    "environment": CARTPOLE,
    "network": {"hidden": [4]},
    "workers": 1,
    "envs_per_worker": 2,
    "budget": {"env_steps": 200},
    "evaluation": {"episodes": 0},
}


@pytest.fixture
def settings(
    data_dir: Path, runtime_dir: Path, environment_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """A data folder in which it is known already which environments there are."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime_dir))
    shutil.copytree(environment_cache, data_dir / "cache")
    return Settings(data_dir=data_dir, max_workers_per_run=2)


@pytest.fixture
def restored() -> Iterator[None]:
    """Signals and logs of the test process, which hosting a run takes over, are put back."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    root = logging.getLogger()
    logged, level = root.handlers, root.level
    # basicConfig(force=True) closes what it finds, which is pytest's own.
    root.handlers = []
    before = structlog.get_config()
    with warnings.catch_warnings():
        yield
        logging.captureWarnings(capture=False)
    structlog.configure(**before)
    root.handlers = logged
    root.setLevel(level)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def plan(settings: Settings, **changes: object) -> LocalRun:
    """A planned run."""
    return plan_local_run(settings, RunRequest.model_validate({**SMALL, **changes}))


def test_a_planned_run_is_queued_with_its_seed(settings: Settings) -> None:
    """Planning makes a run whose record has the whole spec, a seed drawn, and waits for a host."""
    run = plan(settings, name="mine", group="g", tags=["t"])

    recorded = RunFolders(settings.data_dir).assemble(run.run_id)
    assert recorded.state is RunState.QUEUED
    assert (recorded.name, recorded.group, recorded.tags) == ("mine", "g", ["t"])
    assert recorded.spec == run.spec
    assert run.spec.seed is not None
    assert run.run_dir == settings.data_dir / "runs" / run.run_id


def test_a_preset_is_filled_in_first(settings: Settings) -> None:
    """What the request leaves open comes from its preset."""
    request = RunRequest.model_validate({"preset": "cartpole-a3c", "workers": 1})

    spec = plan_local_run(settings, request).spec

    assert (spec.preset, spec.workers, spec.envs_per_worker) == ("cartpole-a3c", 1, 64)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"environment": {"id": "CartPole-v9"}}, ("environment", "id")),
        ({"environment": {**CARTPOLE, "kwargs": {"x": 1}}}, ("environment", "kwargs", "x")),
        ({"preset": "cartpole"}, ("preset",)),
        ({"workers": 3}, ("workers",)),
    ],
)  # fmt: skip
def test_a_refused_request_makes_no_run(
    settings: Settings, changes: dict[str, object], field: tuple[str, ...]
) -> None:
    """What this machine or its settings do not allow is named, and no folder is left."""
    with pytest.raises(InvalidInputError) as refused:
        plan(settings, **changes)

    assert field in [error.loc for error in refused.value.fields]
    assert list(RunFolders(settings.data_dir).run_ids()) == []


def test_slow_imports_come_before_the_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while torch is imported, which takes seconds, leaves no queued run behind."""

    def interrupted(_name: str) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib, "import_module", interrupted)
    with pytest.raises(KeyboardInterrupt):
        plan(settings)

    assert list(RunFolders(settings.data_dir).run_ids()) == []


def test_torch_is_loaded_while_the_environments_are_looked_at(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first time, when looking takes seconds, both happen at the same time; also on refusal."""
    loading = threading.Event()
    looked_while_loading: list[bool] = []

    async def look(*arguments: Any, **options: Any) -> Any:
        looked_while_loading.append(loading.wait(10))
        loading.clear()
        return await plan_run(*arguments, **options)

    monkeypatch.setattr(importlib, "import_module", lambda _name: loading.set())
    monkeypatch.setattr(local_run, "plan_run", look)
    monkeypatch.setattr(EnvironmentProbe, "is_quick", lambda _probe: False)
    plan(settings)
    with pytest.raises(InvalidInputError):
        plan(settings, environment={"id": "Nothing-v0"})

    assert looked_while_loading == [True, True]


def test_planning_needs_no_torch() -> None:
    """Where the environments are known, a wrong request is refused before torch is loaded."""
    code = (
        "import sys, matinee.bootstrap.local_run\n"
        "print(sorted({'torch', 'gymnasium'} & sys.modules.keys()))\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


@pytest.mark.usefixtures("restored")
def test_a_hosted_run_trains_to_its_end(settings: Settings) -> None:
    """Hosting trains to the budget, tells its progress, and leaves a whole record: started by the
    command line, with a checkpoint, a log, and no socket.
    """
    run = plan(settings)
    seen: list[Progress] = []

    state = run.host(on_progress=lambda _state, progress, _metrics: seen.append(progress))

    folders = RunFolders(settings.data_dir)
    recorded = folders.assemble(run.run_id)
    reader = folders.reader(run.run_id)
    process = reader.process()
    start = reader.command(run.start_command_id)
    assert state is recorded.state is RunState.FINISHED
    assert seen[-1] == recorded.progress
    assert recorded.progress.env_steps >= 200
    assert start is not None
    assert (start.actor, start.state.value) == ("cli", "applied")
    assert len(reader.checkpoints()) == 1
    assert (run.run_dir / WORKER_LOG).exists()
    assert process is not None
    assert not Path(process.socket_path).exists()


@pytest.mark.usefixtures("restored")
def test_a_signal_interrupts_a_hosted_run(settings: Settings) -> None:
    """A signal while it trains ends it as `interrupted` by that signal."""
    run = plan(settings, budget={"env_steps": None})

    signals = iter([signal.SIGTERM])

    def interrupt(_state: RunState, progress: Progress, _metrics: object) -> None:
        # A second signal would end the test process at once.
        if progress.env_steps and (number := next(signals, None)) is not None:
            signal.raise_signal(number)

    assert run.host(on_progress=interrupt) is RunState.INTERRUPTED
    assert "SIGTERM" in str(RunFolders(settings.data_dir).assemble(run.run_id).reason)
