"""Does any request bring the API to a 5xx, or to an answer that its own document denies?

    python -m benchmarks.api_fuzz [--requests 50000] [--seed 1]

schemathesis makes requests from the server's own OpenAPI document: the edges of every field, then
searched ones that fit and that don't, then chains (make a run, read it, change it, fork it, delete
it) with all its checks. Tells how often each call gave which status. Ends with 1 on any finding.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.api_fuzz_hooks import COUNTS_VARIABLE, KNOWN_VARIABLE, SMALL_RUN
from benchmarks.fresh_process import ROOT, ProgramFailedError
from benchmarks.machine import describe_machine, describe_versions, load_per_core
from benchmarks.served import serving
from matinee.contracts.run_state import ACTIVE_STATES
from matinee.web.openapi import openapi_document

HARMLESS = {
    "MATINEE_MAX_ACTIVE_RUNS": "2",
    "MATINEE_MAX_QUEUED_RUNS": "4",
    "MATINEE_MAX_WORKERS_PER_RUN": "2",
    "MATINEE_MAX_THREADS_PER_RUN": "4",
    "MATINEE_MAX_PARAMETERS": "20000",
    "MATINEE_MAX_PLAYERS": "1",
}
"""What bounds a server that is asked anything."""

ROUND_TIMEOUT_S = 3000.0
REQUEST_TIMEOUT_S = 60
TRAINING_TIMEOUT_S = 300.0
STREAM_EVENTS = 3
LONGEST_RUN_S = 5.0
"""Then a run is aborted: it is in the way of the next."""
CASES_OF_A_ROUND = 50
"""Of each call, of those that fit and of those that don't."""
CHAINS_OF_A_CASE = 10
REQUESTS_OF_A_CASE = 60
"""At a guess, over all calls, with its chains; the first round tells."""
MAKE_A_PROCESS = [
    "evaluateRun", "playEpisode", "recordEpisode", "downloadPolicyOnnx",
    "exportEpisodesParquet", "exportMetricsParquet", "exportHistogramsParquet",
]  # fmt: skip
NOT_MADE = "Schema Error"
"""schemathesis' title for what it can't draw from, such as some opposites of what a field takes."""
FOUND, CLEAN = 1, 0


@dataclass
class Report:
    """What was asked and answered.

    Attributes:
        counts: By operation and status.
        findings: What was wrong, in schemathesis' words; with how to repeat it.
        not_made: How often schemathesis could make no cases for a call in a round, and said why.
    """

    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    not_made: int = 0

    @property
    def requests(self) -> int:
        """All of them."""
        return self.counts.total()

    def succeeded(self) -> set[str]:
        """The calls that did what they were asked at least once."""
        return {operation for (operation, status) in self.counts if status < 300}

    def summary(self) -> str:
        """In a line."""
        findings = f"{self.requests:,} requests, {len(self.findings)} round(s) with findings"
        return findings + (f", {self.not_made} call(s) without cases" if self.not_made else "")

    def __str__(self) -> str:
        operations = sorted({operation for operation, _ in self.counts})
        lines = [self.summary(), ""]
        for operation in operations:
            by_status = {s: n for (o, s), n in sorted(self.counts.items()) if o == operation}
            told = ", ".join(f"{count} x {status}" for status, count in by_status.items())
            lines.append(f"{operation:24} {sum(by_status.values()):6,}   {told}")
        return "\n".join([*lines, "", *self.findings])


def fuzz(
    address: str,
    token: str,
    *,
    requests: int,
    seed: int,
    folder: Path,
    edges_of: Sequence[str] = (),
) -> Report:
    """Ask until so many requests were made; the server should be bounded by `HARMLESS`.

    Args:
        address: `http://127.0.0.1:<port>`.
        token: An admin's.
        requests: At least so many, by a round more.
        seed: Of the search; what the server answers has a part in it.
        folder: For what schemathesis writes.
        edges_of: The calls of which the edges of all fields are tried; left out: of all.

    Raises:
        ProgramFailedError: schemathesis itself failed.
    """
    (folder / "openapi.json").write_text(json.dumps(openapi_document()), encoding="utf-8")
    _configure(folder, token, cases=1)
    report = Report()
    with _client(address, token) as client:
        known = _trained_run(client)
    with _short_runs(address, token):
        calls = [word for name in edges_of for word in ("--include-operation-id", name)]
        _round(report, address, folder, known, "--phases", "coverage", "--seed", str(seed), *calls)
        of_a_case = REQUESTS_OF_A_CASE
        is_enough = False
        while not is_enough:
            before = report.requests
            cases = max(1, min(CASES_OF_A_ROUND, round((requests - before) / of_a_case)))
            _configure(folder, token, cases=cases)
            _round(
                report, address, folder, known,
                "--phases", "fuzzing,stateful", "--seed", str(seed),
            )  # fmt: skip
            of_a_case = max(1, (report.requests - before) // cases)
            seed += 1
            is_enough = report.requests >= requests
    return report


def _round(
    report: Report, address: str, folder: Path, known: Mapping[str, str], *options: str
) -> None:
    counts, told = folder / "counts.json", folder / "report.json"
    command = [
        sys.executable, "-m", "schemathesis.cli",
        "--config-file", "schemathesis.toml", "--no-color",
        "run", "openapi.json", "--url", address,
        "--report", "json", "--report-json-path", str(told),
        *options,
    ]  # fmt: skip
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command,
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": path,
            COUNTS_VARIABLE: str(counts),
            KNOWN_VARIABLE: json.dumps(known),
        },
        capture_output=True,
        text=True,
        timeout=ROUND_TIMEOUT_S,
        check=False,
    )
    if done.returncode not in {FOUND, CLEAN} or not told.exists():
        raise ProgramFailedError(
            f"schemathesis: {done.returncode}\n{done.stdout[-4000:]}{done.stderr}"
        )
    for operation, status, count in json.loads(counts.read_text(encoding="utf-8")):
        report.counts[operation, status] += count
    summary = json.loads(told.read_text(encoding="utf-8"))
    errors = Counter({error["title"]: error["count"] for error in summary["errors"]})
    not_made = errors.pop(NOT_MADE, 0)
    report.not_made += not_made
    if summary["failures"] or errors or (done.returncode == FOUND and not not_made):
        report.findings.append(_failures(done.stdout))
    if done.returncode == FOUND:
        print(_failures(done.stdout), flush=True)
    told.unlink()
    print(
        f"{report.requests:,} requests, {len(report.findings)} round(s) with findings", flush=True
    )


def _failures(output: str) -> str:
    """The part of schemathesis' words that tells what failed and how to repeat it."""
    _, heading, failures = output.partition("= FAILURES =")
    return (heading + failures or output).partition("= SUMMARY =")[0]


def _configure(folder: Path, token: str, *, cases: int) -> None:
    """All checks that can hold, and what they can't know."""
    bearer = json.dumps(f"Bearer {token}")
    text = f"""
hooks = "benchmarks.api_fuzz_hooks"
request-timeout = {REQUEST_TIMEOUT_S}
continue-on-failure = true
max-stream-events = {STREAM_EVENTS}
warnings = false

# A long query is refused for its length, whatever else is wrong with it.
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 414, 415, 422, 428, 429, "5xx"]

[auth.openapi.token]
bearer = {json.dumps(token)}

[generation]
max-examples = {cases}
no-shrink = true
database = "none"

[phases.stateful.generation]
max-examples = {cases * CHAINS_OF_A_CASE}

# Each of these makes a process, which takes seconds of a core.
[[operations]]
include-operation-id = {json.dumps(MAKE_A_PROCESS)}
generation = {{ max-examples = {max(1, cases // 10)} }}

# The gate refuses a stranger's TRACE or POST before anybody looks which methods there are.
[[operations]]
include-operation-id = ["getLiveness", "getReadiness"]
headers = {{ Authorization = {bearer} }}

# A stream that never ends is not for who takes anything.
[[operations]]
include-operation-id = "streamEvents"
headers = {{ Accept = "text/event-stream" }}
"""
    (folder / "schemathesis.toml").write_text(text, encoding="utf-8")


@contextmanager
def _short_runs(address: str, token: str) -> Iterator[None]:
    """Abort what trains for long, as long as this lasts, and everything at the end."""
    ended = threading.Event()
    failures: list[Exception] = []

    def watch() -> None:
        seen_s: dict[str, float] = {}
        with _client(address, token) as client:
            while not ended.wait(1.0):
                try:
                    _abort_old(client, seen_s)
                except Exception as error:  # noqa: BLE001 - raised where somebody waits for it
                    failures.append(error)
                    return

    watcher = threading.Thread(target=watch, name="short-runs")
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
    if failures:
        raise failures[0]
    with _client(address, token) as client:
        for run_id in _active(client):
            client.post(f"/api/v1/runs/{run_id}/abort")


def _client(address: str, token: str) -> httpx.Client:
    return httpx.Client(
        base_url=address,
        headers={"Authorization": f"Bearer {token}"},
        timeout=REQUEST_TIMEOUT_S,
    )


def _trained_run(client: httpx.Client) -> dict[str, str]:
    """Ids of a run that has ended, and of its newest checkpoint."""
    made = client.post("/api/v1/runs", json=SMALL_RUN).raise_for_status().json()
    run = f"/api/v1/runs/{made['id']}"
    deadline_s = time.monotonic() + TRAINING_TIMEOUT_S
    while client.get(run).raise_for_status().json()["state"] != "finished":
        if time.monotonic() > deadline_s:
            raise ProgramFailedError(f"no run ended in {TRAINING_TIMEOUT_S:g} s: is one core free?")
        time.sleep(0.2)
    (checkpoint, *_) = client.get(f"{run}/checkpoints").raise_for_status().json()["items"]
    return {"run_id": made["id"], "checkpoint_id": checkpoint["id"]}


def _active(client: httpx.Client) -> list[str]:
    parameters: Mapping[str, Any] = {"state": sorted(ACTIVE_STATES), "limit": 200}
    answer = client.get("/api/v1/runs", params=parameters).raise_for_status()
    return [run["id"] for run in answer.json()["items"]]


def _abort_old(client: httpx.Client, seen_s: dict[str, float]) -> None:
    now_s = time.monotonic()
    for run_id in _active(client):
        if now_s - seen_s.setdefault(run_id, now_s) > LONGEST_RUN_S:
            # It may have ended or gone meanwhile; whatever is answered, it is not in the way.
            client.post(f"/api/v1/runs/{run_id}/abort")


def main(words: Sequence[str] | None = None) -> int:
    """Ask and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(words)
    versions = describe_versions("schemathesis")
    print(f"{describe_machine()}; {versions}; load per core {load_per_core():.1f}\n", flush=True)
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        data_dir, own = Path(folder) / "data", Path(folder) / "schemathesis"
        own.mkdir()
        with serving(data_dir, HARMLESS) as server:
            token = server.headers["Authorization"].removeprefix("Bearer ")
            report = fuzz(
                server.address, token, requests=arguments.requests, seed=arguments.seed, folder=own
            )
    print(report)
    print(f"\n{(time.monotonic() - began_s) / 60:.0f} minutes")
    return FOUND if report.findings else CLEAN


if __name__ == "__main__":
    sys.exit(main())
