"""What it costs training to be hosted and watched while runs use all cores.

    python -m benchmarks.hosting [--rounds 3] [--seconds 40] [--runs 2]

`alone` trains without a record; `recorded` is `matinee train`; `served` are runs of one server,
each followed by a client that takes everything and asks now and then, as a page does. As many runs
as cores train at once. In every round the three take turns, beginning with another one each time.

All learn alike: until a step at which the learning rate is almost nothing. From there on policies
stand; one that unlearned would end ten times as many episodes as another, which cost time of their
own. Each training's first seconds are left out: meanwhile it learns, the record is kept more
closely, and a server prepares the process of its next run.

The speed by the clock is that of the machine too, which changes by more from one second to the next
than what is looked for: so the spread of the rounds is told. The speed by the processor time of the
training process, its host's thread and all, changes less. Least of all does the share of a core
that the host's thread takes from the training; alone, it measures and drops what it finds. What
the server takes in its own process is told beside that. The event loop's lag is from its own
`/metrics`.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import httpx
import psutil
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from benchmarks.fresh_process import ProgramFailedError, run_fresh
from benchmarks.machine import describe_machine, describe_versions, load_per_core
from benchmarks.ours import EXTRA_TIMEOUT_S, run_recorded, train_document
from benchmarks.report import table
from benchmarks.served import Server, serving
from benchmarks.steady_pace import Pace, Sample, steady_pace
from matinee.contracts.run_state import ENDED_STATES, RunState
from matinee.cores import usable_cores
from matinee.environments.catalogue import preset
from matinee.journal.reader import JournalReader
from matinee.journal.row_chunks import METRIC_COLUMNS

SETTLED_AFTER_S = 15.0
LEARNS_FOR_ENV_STEPS = 600_000
LEARNING_RATE_LEFT = 1e-7
PAGE_ASKS_EVERY_S = 2.0
_BUCKET = re.compile(r'^matinee_event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)
_LAG_SHARE = 0.99
_SEQ, _NAME, _SECONDS, _ENV_STEP, _EPISODES, _MEAN = map(
    METRIC_COLUMNS.index, ("seq", "metric", "seconds", "env_step", "episodes", "mean")
)


@dataclass(frozen=True)
class Speed:
    """Of all runs together.

    Attributes:
        per_s: Env steps a second.
        per_processor_s: Env steps for each second of processor time of the training processes.
        episodes_per_s: Episodes a second.
        record_share: Of that processor time, what the hosts' threads had.
    """

    per_s: float
    per_processor_s: float
    episodes_per_s: float
    record_share: float

    @classmethod
    def of(cls, paces: Iterable[Pace]) -> Speed:
        """From the pace of each run."""
        each = list(paces)
        per_s, cores = (
            sum(of(pace) for pace in each) for of in map(attrgetter, ("per_s", "cores"))
        )
        return cls(
            per_s=per_s,
            per_processor_s=per_s / cores,
            episodes_per_s=sum(pace.episodes_per_s for pace in each),
            record_share=sum(pace.record_cores for pace in each) / cores,
        )


def document(seed: int, seconds: float) -> dict[str, Any]:
    """What trains, as fast as it can."""
    chosen = preset("cartpole-a3c")
    assert chosen is not None
    return train_document(
        chosen,
        {
            "seed": seed,
            "hyperparameters": {
                "learning_rate": {
                    "schedule": "linear",
                    "from": chosen.spec.hyperparameters["learning_rate"],
                    "to": LEARNING_RATE_LEFT,
                    "from_env_step": 0,
                    "until_env_step": LEARNS_FOR_ENV_STEPS,
                }
            },
            "budget": {"env_steps": None, "target_return": None, "seconds": seconds},
            "evaluation": {"episodes": 0},
        },
    )


def alone(documents: Sequence[dict[str, Any]]) -> Speed:
    """Without a record."""

    def train(one: dict[str, Any]) -> Pace:
        finished = run_fresh(
            [sys.executable, "-m", "benchmarks.training_alone"],
            stdin_text=json.dumps(one),
            timeout_s=_timeout_s(one),
        )
        answer = json.loads(finished.stdout.splitlines()[-1])
        samples = (Sample(**each) for each in answer["samples"])
        return steady_pace(samples, from_s=SETTLED_AFTER_S)

    return _together(train, documents)


def recorded(documents: Sequence[dict[str, Any]]) -> Speed:
    """The same by `matinee train`, each with a data folder of its own."""

    def train(one: dict[str, Any]) -> Pace:
        with tempfile.TemporaryDirectory() as folder:
            run = run_recorded(one, data_dir=Path(folder), timeout_s=_timeout_s(one))
            return pace_on_record(run.run_dir)

    return _together(train, documents)


def pace_on_record(run_dir: Path) -> Pace:
    """The pace of a run that keeps a record."""
    found: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for chunk in JournalReader(run_dir).metric_rows(("processor_cores", "record_cores")):
        for row in chunk:
            found[row[_SEQ]][row[_NAME]] = row
    samples = (
        Sample(
            seconds=of["record_cores"][_SECONDS],
            env_steps=of["record_cores"][_ENV_STEP],
            episodes=of["record_cores"][_EPISODES],
            cores=of["processor_cores"][_MEAN],
            record_cores=of["record_cores"][_MEAN],
        )
        for _, of in sorted(found.items())
    )
    return steady_pace(samples, from_s=SETTLED_AFTER_S)


class Served:
    """The same as runs of a server; keeps its event loop's lag and the cores that it took."""

    def __init__(self) -> None:
        self.lags: list[dict[float, float]] = []
        self.cores: list[float] = []

    def __call__(self, documents: Sequence[dict[str, Any]]) -> Speed:
        """Train and watch."""
        with (
            tempfile.TemporaryDirectory() as folder,
            serving(Path(folder)) as server,
            ExitStack() as sockets,
        ):
            run_ids = [self._created(server, one) for one in documents]
            for run_id in run_ids:
                socket = sockets.enter_context(
                    connect(
                        server.stream_address(run_id),
                        additional_headers=server.headers,
                        max_size=None,
                    )
                )
                threading.Thread(target=_take_everything, args=(socket,), daemon=True).start()
            before, began_s = self._lag(server), time.monotonic()
            busy_s = _processor_s(server)
            runs = self._watched(
                server, run_ids, until_s=time.monotonic() + _timeout_s(documents[0])
            )
            self.cores.append((_processor_s(server) - busy_s) / (time.monotonic() - began_s))
            after = self._lag(server)
            self.lags.append({edge: after[edge] - before[edge] for edge in after})
            return Speed.of(pace_on_record(Path(folder) / "runs" / run["id"]) for run in runs)

    def lag_bound_s(self) -> float:
        """The smallest edge of a bucket that 99 of 100 samples stayed below."""
        total = {
            edge: sum(lag[edge] for lag in self.lags)
            for edge in (self.lags[0] if self.lags else {})
        }
        enough = _LAG_SHARE * max(total.values(), default=0.0)
        return min((edge for edge, count in total.items() if count >= enough), default=float("inf"))

    @staticmethod
    def _created(server: Server, one: dict[str, Any]) -> str:
        answer = server.client.post("/runs", json=one)
        if answer.is_error:
            raise ProgramFailedError(f"the server refused the run: {answer.text}")
        return str(answer.json()["id"])

    @staticmethod
    def _watched(server: Server, run_ids: Sequence[str], *, until_s: float) -> list[dict[str, Any]]:
        while time.monotonic() < until_s:
            runs = []
            for run_id in run_ids:
                runs.append(server.client.get(f"/runs/{run_id}").raise_for_status().json())
                server.client.get(f"/runs/{run_id}/hyperparameters").raise_for_status()
            if all(RunState(run["state"]) in ENDED_STATES for run in runs):
                for run in runs:
                    if run["state"] != RunState.FINISHED:
                        raise ProgramFailedError(f"a run ended as {run['state']}: {run['reason']}")
                return runs
            time.sleep(PAGE_ASKS_EVERY_S)
        raise ProgramFailedError("the runs did not end in time")

    @staticmethod
    def _lag(server: Server) -> dict[float, float]:
        answer = httpx.get(f"{server.address}/metrics", headers=server.headers, timeout=30)
        found = _BUCKET.findall(answer.raise_for_status().text)
        return {float(edge): float(count) for edge, count in found}


def _take_everything(socket: ClientConnection) -> None:
    try:
        for message in socket:
            json.loads(message)
    except ConnectionClosed:
        return


def _processor_s(server: Server) -> float:
    used = psutil.Process(server.pid).cpu_times()
    return float(used.user + used.system)


def _together(
    train: Callable[[dict[str, Any]], Pace], documents: Sequence[dict[str, Any]]
) -> Speed:
    with ThreadPoolExecutor(len(documents)) as pool:
        return Speed.of(pool.map(train, documents))


def _timeout_s(one: dict[str, Any]) -> float:
    return float(one["budget"]["seconds"]) + EXTRA_TIMEOUT_S


def report(speeds: dict[str, list[Speed]], served: Served) -> str:
    """A row for each mode, with its speed as a share of the one alone in the same round."""
    rows = []
    for mode, each in speeds.items():
        by_clock, by_processor = (
            _spread(
                [1 - of(one) / of(base) for one, base in zip(each, speeds["alone"], strict=True)]
            )
            for of in (attrgetter("per_s"), attrgetter("per_processor_s"))
        )
        speed, episodes, share = (
            statistics.median(map(attrgetter(name), each))
            for name in ("per_s", "episodes_per_s", "record_share")
        )
        cells = (
            mode,
            f"{speed:,.0f}",
            f"{episodes:,.0f}",
            by_clock,
            by_processor,
            f"{share:.2%}",
        )
        rows.append(f"| {' | '.join(cells)} |")
    costs = table(
        "| | env steps/s of all runs | episodes/s | costs, by the clock | by processor time | "
        "share of the host's thread |",
        rows,
    )
    return (
        f"{costs}\nMedians of the rounds, and the range of the middle half. The server itself kept "
        f"{statistics.median(served.cores):.3f} cores busy; 99 % of the samples of its event "
        f"loop's lag were below {served.lag_bound_s() * 1000:g} ms."
    )


def _spread(costs: Sequence[float]) -> str:
    low, middle, high = (
        statistics.quantiles(costs, n=4, method="inclusive") if len(costs) > 1 else [*costs] * 3
    )
    return f"{middle:+.1%} ({low:+.1%} to {high:+.1%})"


def main(words: Sequence[str] | None = None) -> int:
    """Measure in turn and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=40.0, help="of each training")
    parser.add_argument("--runs", type=int, default=usable_cores(), help="that train at once")
    arguments = parser.parse_args(words)
    if arguments.seconds < 2 * SETTLED_AFTER_S:
        parser.error(f"--seconds {arguments.seconds:g}: at least {2 * SETTLED_AFTER_S:g}")
    served = Served()
    modes: dict[str, Callable[[Sequence[dict[str, Any]]], Speed]] = {
        "alone": alone,
        "recorded": recorded,
        "served": served,
    }
    speeds: dict[str, list[Speed]] = {mode: [] for mode in modes}
    for number in range(arguments.rounds):
        documents = [
            document(number * arguments.runs + one, arguments.seconds)
            for one in range(arguments.runs)
        ]
        turn = number % len(modes)
        for mode in [*modes][turn:] + [*modes][:turn]:
            speeds[mode].append(modes[mode](documents))
    print(f"{describe_machine()}; {describe_versions()}; load per core {load_per_core():.1f}\n")
    print(f"{arguments.runs} runs at once, {arguments.rounds} rounds of {arguments.seconds:g} s:\n")
    print(report(speeds, served))
    return 0


if __name__ == "__main__":
    sys.exit(main())
