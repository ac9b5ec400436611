"""`matinee` in a terminal: real processes, exit codes, what they print and what they leave."""

from __future__ import annotations

import json
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fakes.heaps import heaps_beside_the_main_one, with_glibc
from integration.live_server import (
    FAST_RUN,
    LONG_RUN,
    ROOT,
    STOP_TIMEOUT_S,
    LiveServer,
    child_environment,
    eventually,
    matinee_command,
)
from matinee.contracts.run import Run
from matinee.journal.schema import CHECKPOINTS
from matinee.runs.folders import RunFolders

NewServer = Callable[..., LiveServer]
TRAINING_FLAGS = ("--env", "CartPole-v1", "--workers", "1", "--hidden", "8", "--seed", "3")
TRAIN_TIMEOUT_S = 90.0
"""Importing torch on a busy machine takes most of it."""


class Terminal:
    """Somebody at a terminal, with a data folder of their own."""

    def __init__(self, data_dir: Path, runtime_dir: Path) -> None:
        self.data_dir = data_dir
        self.folders = RunFolders(data_dir)
        self._environment = child_environment(runtime_dir=runtime_dir, COLUMNS="60")

    def __call__(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self._command(arguments),
            env=self._environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=TRAIN_TIMEOUT_S,
            check=False,
        )

    @contextmanager
    def training(self, spec: Mapping[str, Any]) -> Iterator[subprocess.Popen[str]]:
        """A `matinee train` that has begun to train, in a process of its own."""
        path = self.data_dir / "spec.json"
        path.write_text(json.dumps(spec))
        with subprocess.Popen(
            self._command(("train", str(path))),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                eventually(
                    lambda: self._trains(process), what="training", timeout_s=TRAIN_TIMEOUT_S
                )
                yield process
            finally:
                process.kill()

    def _trains(self, process: subprocess.Popen[str]) -> bool:
        assert process.poll() is None, process.communicate()[0]
        runs = self.runs()
        return bool(runs) and runs[0].progress.env_steps > 0

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        data_dir = () if arguments[0] == "schema" else ("--data-dir", str(self.data_dir))
        return matinee_command(*arguments, *data_dir)

    def runs(self) -> list[Run]:
        """The runs on disk."""
        return [self.folders.assemble(run_id) for run_id in self.folders.run_ids()]


@pytest.fixture
def terminal(data_dir: Path, runtime_dir: Path, environment_cache: Path) -> Terminal:
    """A terminal that need not look for environments."""
    shutil.copytree(environment_cache, data_dir / "cache")
    return Terminal(data_dir, runtime_dir)


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and output of a process that is about to end."""
    output, _ = process.communicate(timeout=STOP_TIMEOUT_S)
    return process.returncode, output


def test_training_with_flags_finishes_and_reports(terminal: Terminal) -> None:
    """`matinee train` trains to its budget, ends with 0, and prints steps, return and record."""
    done = terminal("train", *TRAINING_FLAGS, "--env-steps", "2000", "--name", "mine [x]")

    [run] = terminal.runs()
    assert (done.returncode, done.stderr) == (0, "")
    assert run.state.value == "finished"
    assert (run.spec.seed, run.spec.workers, run.spec.network.hidden) == (3, 1, [8])
    assert run.progress.mean_return_100 is not None
    lines = done.stdout.splitlines()
    assert lines[0].startswith("mine [x]  a3c on CartPole-v1")
    assert lines[0].endswith("seed 3")
    assert f"  {run.progress.env_steps:,} env steps, {run.progress.episodes:,} episodes" in (
        done.stdout
    )
    assert f"last 100 episodes {run.progress.mean_return_100:.1f}" in done.stdout
    assert lines[-1] == f"  record: {terminal.data_dir / 'runs' / run.id}"


def test_a_spec_from_stdin_trains(terminal: Terminal) -> None:
    """`matinee train -` takes the body of `POST /api/v1/runs`; --quiet leaves only the result."""
    done = terminal("train", "-", "--quiet", stdin=json.dumps(FAST_RUN))

    [run] = terminal.runs()
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("finished")
    assert run.spec.hyperparameters == FAST_RUN["hyperparameters"]


def test_flags_win_over_a_preset(terminal: Terminal) -> None:
    """A preset is filled in first and the flags over it; what no flag names stays the preset's."""
    flags = ("--set", "learning_rate=0.001", "--env-steps", "2000", "--workers", "1")
    done = terminal("train", "--preset", "cartpole-a3c", *flags, "--quiet")

    [run] = terminal.runs()
    assert done.returncode == 0, done.stderr
    assert run.spec.preset == "cartpole-a3c"
    assert (run.spec.workers, run.spec.envs_per_worker) == (1, 64)
    assert run.spec.hyperparameters["learning_rate"] == 0.001
    assert run.spec.hyperparameters["optimizer"] == "adam"


def test_a_bad_spec_names_every_wrong_field_and_makes_no_run(terminal: Terminal) -> None:
    """Exit code 2, one line a field with what is allowed, no traceback, no run folder."""
    spec = {
        **FAST_RUN,
        "workers": 0,
        "color": "red",
        "hyperparameters": {"gamma": 2, "learn_rate": 1},
    }

    done = terminal("train", "-", stdin=json.dumps(spec))

    assert done.returncode == 2
    first, *fields = done.stderr.splitlines()
    told = dict(line.strip().split(": ", 1) for line in fields)
    assert first == "matinee: the run spec is not valid"
    assert told.keys() == {
        "workers", "color", "hyperparameters.gamma", "hyperparameters.learn_rate"
    }  # fmt: skip
    assert "0 is not allowed; allowed: at least 1" in told["workers"]
    assert "unknown field" in told["color"]
    assert "0.01 to 0.99999" in told["hyperparameters.gamma"]
    assert "did you mean learning_rate? known: " in told["hyperparameters.learn_rate"]
    assert terminal.runs() == []


def test_an_environment_that_is_not_here_is_refused(terminal: Terminal) -> None:
    """A misspelt environment id gets the near ones named, exit code 2 and no run folder."""
    done = terminal("train", "--env", "CartPol-v1")

    assert done.returncode == 2
    assert "environment.id: 'CartPol-v1'" in done.stderr
    assert "CartPole-v1" in done.stderr
    assert terminal.runs() == []


def test_an_environment_that_raises_fails_the_run_with_the_reason(terminal: Terminal) -> None:
    """An environment that can't be made ends with exit code 1 and its own words, also on record."""
    spec = {**FAST_RUN, "environment": {"id": "CartPole-v1", "kwargs": {"max_episode_steps": "x"}}}

    done = terminal("train", "-", stdin=json.dumps(spec))

    [run] = terminal.runs()
    assert done.returncode == 1
    assert run.state.value == "failed"
    assert "max_episode_steps" in str(run.reason)
    assert f"failed: {run.reason}" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_checkpoints_and_ends_in_order(terminal: Terminal, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end with 130 and state `interrupted`, and what was learned is on disk."""
    with terminal.training(LONG_RUN) as process:
        process.send_signal(number)
        code, output = finish(process)

    [run] = terminal.runs()
    assert code == 130
    assert run.state.value == "interrupted"
    assert f"interrupted: interrupted by {number.name}" in output
    [checkpoint] = terminal.folders.reader(run.id).checkpoints()
    assert (terminal.folders.path(run.id) / CHECKPOINTS / checkpoint).is_dir()


def test_a_run_in_another_terminal_is_listed_shown_and_stopped(terminal: Terminal) -> None:
    """`runs list`, `show` and `stop` work on what another process trains, without a server: ids
    are whole in a narrow pipe, a piece of one is enough, and the stopped run ends with 0.
    """
    with terminal.training(LONG_RUN) as process:
        [run] = terminal.runs()
        listed = terminal("runs", "list")
        assert run.id in listed.stdout
        assert "running" in listed.stdout
        [line] = terminal("runs", "list", "--json").stdout.splitlines()
        assert json.loads(line)["id"] == run.id
        shown = terminal("runs", "show", run.id[-6:].lower())
        assert json.loads(shown.stdout)["state"] == "running"

        stopped = terminal("runs", "stop", run.id[:-2])

        assert (stopped.returncode, stopped.stderr) == (0, "")
        assert stopped.stdout.startswith(f"{run.name}: stopped")
        code, output = finish(process)

    assert code == 0
    assert "\nstopped" in output
    again = terminal("runs", "stop", run.id)
    assert again.returncode == 1
    assert again.stderr == f"matinee: {run.name} is stopped already\n"


def test_an_unknown_run_is_a_plain_refusal(terminal: Terminal) -> None:
    """A wrong id is told in one line with exit code 1."""
    done = terminal("runs", "show", "nothing")

    assert done.returncode == 1
    assert done.stderr.startswith("matinee: there is no run 'nothing'")
    assert len(done.stderr.splitlines()) == 1


def test_the_printed_token_opens_the_server(live_server: LiveServer, runtime_dir: Path) -> None:
    """`matinee token` prints what the running server asks for, from a file that is private."""
    token = Terminal(live_server.data_dir, runtime_dir)("token").stdout.strip()

    headers = {"Authorization": f"Bearer {token}"}
    assert live_server.client.get("/api/v1/runs", headers=headers).status_code == 200
    wrong = {"Authorization": f"Bearer {token[:-1]}!"}
    assert live_server.client.get("/api/v1/runs", headers=wrong).status_code == 401
    assert stat.S_IMODE((live_server.data_dir / "token").stat().st_mode) == 0o600


def test_a_second_server_on_a_folder_is_refused_with_advice(
    live_server: LiveServer, runtime_dir: Path
) -> None:
    """It ends with exit code 1, says what to do, and leaves the first server alone."""
    done = Terminal(live_server.data_dir, runtime_dir)("serve", "--port", "0")

    assert done.returncode == 1
    assert str(live_server.data_dir) in done.stderr
    assert "--data-dir" in done.stderr
    assert "Traceback" not in done.stderr
    assert live_server.client.get("/api/v1/runs").status_code == 200


def test_a_taken_port_is_refused_with_advice(live_server: LiveServer, terminal: Terminal) -> None:
    """A server whose port another one has ends with exit code 1 and two ways out."""
    port = live_server.base_url.rpartition(":")[2]

    done = terminal("serve", "--port", port)

    assert done.returncode == 1
    assert f"can't listen on 127.0.0.1:{port}" in done.stderr
    assert "--port 8001" in done.stderr
    assert "--port 0" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_exported_contract_is_the_committed_one(terminal: Terminal) -> None:
    """`schema export -` prints exactly what the page was built for, and nothing else."""
    done = terminal("schema", "export", "-")

    assert done.stdout == (ROOT / "frontend" / "openapi.json").read_text(encoding="utf-8")


def test_a_server_shows_and_steers_what_a_terminal_trains(
    terminal: Terminal, new_server: NewServer
) -> None:
    """A server started later on the same folder finds the terminal's run, pauses and resumes it,
    and leaves it training when it goes itself: the run is the terminal's.
    """
    with terminal.training(LONG_RUN) as process:
        [run] = terminal.runs()
        server = new_server(terminal.data_dir).start()
        try:
            assert server.wait_for(run.id, "running")["name"] == run.name
            assert server.command(run.id, "pause")["state"] == "applied"
            stands_at = server.wait_for(run.id, "paused")["progress"]["env_steps"]
            assert server.command(run.id, "resume")["state"] == "applied"
            server.wait_for_steps(run.id, stands_at)
            code, _ = server.stop()
        finally:
            server.clean_up()
        assert code == 0
        left_at = terminal.runs()[0].progress.env_steps
        eventually(
            lambda: terminal.runs()[0].progress.env_steps > left_at, what="env step without server"
        )
        process.send_signal(signal.SIGINT)
        code, _ = finish(process)

    assert code == 130


@with_glibc
def test_all_threads_of_a_training_share_one_heap(terminal: Terminal) -> None:
    """So that what one of them frees is there for the others."""
    with terminal.training(LONG_RUN) as process:
        assert heaps_beside_the_main_one(process.pid) == 0
