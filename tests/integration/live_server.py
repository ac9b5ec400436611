"""A real `matinee serve` in a process of its own, and what a script does with it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

from matinee.contracts.run_state import ACTIVE_STATES
from matinee.runs.folders import RunFolders

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 60.0
"""A busy machine takes its time; nothing waits longer than it must."""
PATIENCE_S = 40.0
STOP_TIMEOUT_S = 30.0
ENDED = frozenset({"finished", "stopped", "aborted", "failed", "interrupted"})

FAST_RUN: Mapping[str, Any] = {
    "environment": {"id": "CartPole-v1"},
    "workers": 1,
    "envs_per_worker": 8,
    "seed": 1,
    "hyperparameters": {"optimizer": "adam", "learning_rate": 0.01, "rollout_length": 16},
    "budget": {"env_steps": 20_000},
    "evaluation": {"episodes": 1},
}
"""Over in a moment."""

LONG_RUN: Mapping[str, Any] = {
    **FAST_RUN,
    "hyperparameters": {
        **FAST_RUN["hyperparameters"],
        "rollout_length": 8,
        "target_steps_per_second": 1500,
    },
    "budget": {"env_steps": None, "seconds": 600},
    "evaluation": {"episodes": 0},
}
"""Goes on until somebody ends it, slowly enough to leave the machine to others."""

_T = TypeVar("_T")


def eventually(look: Callable[[], _T | None], *, what: str, timeout_s: float = PATIENCE_S) -> _T:
    """The first answer that is not None and not False; fails the test after `timeout_s`."""
    deadline_s = time.monotonic() + timeout_s
    while True:
        answer = look()
        if answer is not None and answer is not False:
            return answer
        assert time.monotonic() < deadline_s, f"in {timeout_s:g} s there was no {what}"
        time.sleep(0.02)


def child_environment(*, runtime_dir: Path, **variables: str) -> dict[str, str]:
    """Environment variables for a Matinee of this checkout, with our probe environments."""
    tests = ROOT / "tests"
    folders = (ROOT / "backend", tests, tests / "fakes" / "probe_plugin")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "XDG_RUNTIME_DIR": str(runtime_dir),
        **variables,
    }


def matinee_command(*arguments: str) -> list[str]:
    """The command line of this checkout."""
    return [sys.executable, "-W", "error", "-m", "matinee.cli.main", *arguments]


@dataclass
class LiveServer:
    """A running server. Lives from `start` to `stop` or `kill`."""

    data_dir: Path
    runtime_dir: Path
    flags: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] = field(init=False)
    base_url: str = field(init=False)
    login_url: str = field(init=False)
    client: httpx.Client = field(init=False)
    _said: list[str] = field(init=False)
    _listener: threading.Thread = field(init=False)

    def start(self) -> LiveServer:
        """Start it and wait until it says where it is."""
        self.process = subprocess.Popen(
            matinee_command("serve", "--port", "0", "--data-dir", str(self.data_dir), *self.flags),
            env=child_environment(runtime_dir=self.runtime_dir, **self.variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self._said = []
        at_proxy = None
        for line in self.process.stdout:
            self._said.append(line)
            at_proxy = re.search(r"finds Matinee at (\S+)", line) or at_proxy
            link = re.search(r"(https?://[^/\s]+)\S*/login\?code=\S+", line)
            if link is not None:
                self.login_url, self.base_url = link[0], (at_proxy or link)[1]
                break
        else:
            raise AssertionError(f"the server did not start:\n{''.join(self._said)}")
        # Somebody must go on reading: a full pipe would hold up the server's next log line.
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.client = httpx.Client(
            base_url=self.base_url,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=PATIENCE_S,
        )
        return self

    def _listen(self) -> None:
        assert self.process.stdout is not None
        self._said.extend(self.process.stdout)

    def _wait(self) -> None:
        assert self.process.stdout is not None
        self.process.wait(timeout=STOP_TIMEOUT_S)
        self._listener.join(timeout=STOP_TIMEOUT_S)
        self.process.stdout.close()

    @property
    def token(self) -> str:
        """The access token."""
        return (self.data_dir / "token").read_text().strip()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """End it as a person would; its exit code and the last that it said."""
        self.client.close()
        self.process.send_signal(number)
        self._wait()
        return self.process.returncode, "".join(self._said)

    def kill(self) -> None:
        """SIGKILL."""
        self.client.close()
        self.process.kill()
        self._wait()

    def clean_up(self) -> None:
        """End whatever a failed test may have left."""
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self._wait()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self._wait()
        for pid in self.recorded_pids():
            if is_run_process(pid):
                psutil.Process(pid).kill()

    def recorded_pids(self) -> list[int]:
        """The processes that the records of its runs name."""
        folders = RunFolders(self.data_dir)
        processes = [folders.reader(run_id).process() for run_id in folders.run_ids()]
        return [process.pid for process in processes if process is not None]

    def recorded_pid(self, run_id: str) -> int:
        """Which process the record of a run names."""
        recorded = RunFolders(self.data_dir).reader(run_id).process()
        assert recorded is not None
        return recorded.pid

    # ---- what scripts do -------------------------------------------------------------------------

    def create(self, spec: Mapping[str, Any], **parameters: Any) -> dict[str, Any]:
        """Create a run."""
        answer = self.client.post("/api/v1/runs", json=dict(spec), params=parameters)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return _document(answer)

    def run(self, run_id: str) -> dict[str, Any]:
        """One run as it is now."""
        answer = self.client.get(f"/api/v1/runs/{run_id}")
        assert answer.status_code == httpx.codes.OK, answer.text
        return _document(answer)

    def active_run_ids(self) -> set[str]:
        """Runs that have a process or wait for one."""
        answer = self.client.get(
            "/api/v1/runs", params={"state": sorted(ACTIVE_STATES), "limit": 200}
        )
        assert answer.status_code == httpx.codes.OK, answer.text
        return {run["id"] for run in answer.json()["items"]}

    def command(self, run_id: str, name: str, *, wait: float = 20, **body: Any) -> dict[str, Any]:
        """Send a command and wait for what becomes of it."""
        answer = self.client.post(f"/api/v1/runs/{run_id}/{name}", params={"wait": wait}, json=body)
        assert answer.is_success, answer.text
        return _document(answer)

    def wait_for(self, run_id: str, *states: str, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        """The run once it is in one of these states."""

        def look() -> dict[str, Any] | None:
            run = self.run(run_id)
            if run["state"] in states:
                return run
            if run["state"] in ENDED:
                raise AssertionError(f"it is {run['state']}, not {states}: {run['reason']}")
            return None

        return eventually(look, what=f"run in state {states}", timeout_s=timeout_s)

    def wait_for_steps(self, run_id: str, more_than: int) -> dict[str, Any]:
        """The run once it has done more env steps than these."""

        def look() -> dict[str, Any] | None:
            run = self.run(run_id)
            return run if run["progress"]["env_steps"] > more_than else None

        return eventually(look, what=f"env step beyond {more_than}")

    def events(self, run_id: str, *, after: int = 0, types: str = "") -> list[dict[str, Any]]:
        """All events so far, page by page."""
        return list(self._pages(run_id, after, types))

    def _pages(self, run_id: str, after: int, types: str) -> Iterator[dict[str, Any]]:
        while True:
            parameters: dict[str, Any] = {"after": after} | ({"types": types} if types else {})
            answer = self.client.get(f"/api/v1/runs/{run_id}/events", params=parameters)
            assert answer.status_code == httpx.codes.OK, answer.text
            page = answer.json()
            if not page["events"]:
                return
            yield from page["events"]
            after = page["next"]

    def commands(self, run_id: str) -> list[dict[str, Any]]:
        """The ledger."""
        answer = self.client.get(f"/api/v1/runs/{run_id}/commands", params={"limit": 1000})
        assert answer.status_code == httpx.codes.OK, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def run_process(self, run_id: str) -> psutil.Process:
        """The process that hosts a run."""
        recorded = eventually(
            RunFolders(self.data_dir).reader(run_id).process, what="process in the record"
        )
        return psutil.Process(recorded.pid)


def is_run_process(pid: int) -> bool:
    """Whether a run process lives under this pid."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and "matinee.worker" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def _document(answer: httpx.Response) -> dict[str, Any]:
    document: dict[str, Any] = answer.json()
    return document
