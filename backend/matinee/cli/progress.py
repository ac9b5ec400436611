"""Live progress of a training in the terminal: steps, speed, return, time left."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from matinee.contracts.alert_rule import SOLVED
from matinee.contracts.alerts import ALERT_RULES
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress
from matinee.contracts.run_state import RunState
from matinee.journal.reader import JournalReader

if TYPE_CHECKING:
    from matinee.bootstrap.local_run import LocalRun

_BAR_WIDTH = 30
_REFRESHES_PER_S = 10
_FIGURES = {
    "queue_depth": "queue {:.1f}",
    "policy_lag": "lag {:.1f}",
    "clip_fraction": "clipped {:.0%}",
}
"""What one mode has and others lack: shown while the run tells it."""

_STATE_STYLES = {
    RunState.FINISHED: "bold green",
    RunState.STOPPED: "bold yellow",
    RunState.INTERRUPTED: "bold yellow",
    RunState.FAILED: "bold red",
    RunState.ABORTED: "bold red",
}


class TrainingProgress:
    """Draws while training runs. Used as a context manager, by the host's thread."""

    def __init__(self, run: LocalRun, *, quiet: bool) -> None:
        self._run = run
        self._quiet = quiet
        self._figures: dict[str, str] = {}
        # Names, reasons and paths are people's words, which may hold [brackets] and :colons:.
        self._console = Console(markup=False, emoji=False, highlight=False)
        self._live = Live(
            console=self._console, refresh_per_second=_REFRESHES_PER_S, transient=True
        )

    def __enter__(self) -> Self:
        """Say what is about to happen, and begin to draw."""
        spec = self._run.spec
        if not self._quiet:
            self._console.print(
                Text.assemble(
                    (self._run.name, "bold"),
                    f"  {spec.algorithm.value} on {spec.environment.id}, {spec.workers} × "
                    f"{spec.envs_per_worker} environments, seed {spec.seed}",
                ),
                soft_wrap=True,
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop drawing."""
        self._live.stop()

    def update(
        self, state: RunState, progress: Progress, metrics: Mapping[str, MetricSummary]
    ) -> None:
        """Draw the newest figures; a metric that was not told this time stays as it was."""
        if self._quiet:
            return
        self._figures |= {
            name: form.format(metrics[name].mean)
            for name, form in _FIGURES.items()
            if name in metrics
        }
        row = Table.grid(padding=(0, 2))
        cells = [
            Text(state.value, style="bold cyan"),
            Text(f"{progress.env_steps:,} steps{_frames(progress)}"),
            Text(f"{progress.steps_per_second:,.0f}/s"),
            Text(f"return {_mean(progress)}", style="bold"),
            Text(_clock(progress.seconds)),
            *(Text(self._figures[name]) for name in _FIGURES if name in self._figures),
        ]
        if progress.budget_fraction is not None:
            bar = ProgressBar(total=1.0, completed=progress.budget_fraction, width=_BAR_WIDTH)
            row.add_row(*cells, bar, Text(f"{_time_left(progress)} left"))
        else:
            row.add_row(*cells)
        self._live.update(row)

    def report(self, state: RunState) -> None:
        """Say how it ended and where the record is."""
        snapshot, _ = JournalReader(self._run.run_dir).snapshot()
        progress = snapshot.progress
        style = _STATE_STYLES.get(state, "bold")
        reason = f": {snapshot.reason}" if snapshot.reason else ""
        self._console.print(Text.assemble((state.value, style), reason), soft_wrap=True)
        self._console.print(
            f"  {progress.env_steps:,} env steps{_frames(progress)}, "
            f"{progress.episodes:,} episodes, {progress.updates:,} updates in "
            f"{progress.seconds:.2f} s; mean return of the last 100 episodes {_mean(progress)}",
            soft_wrap=True,
        )
        if progress.solved_at is not None:
            self._console.print(
                f"  solved after {progress.solved_at.env_steps:,} env steps, "
                f"{progress.solved_at.seconds:.2f} s",
                soft_wrap=True,
            )
        for alert in snapshot.alerts:
            if alert.name == SOLVED:
                continue  # That is said above.
            self._console.print(
                f"  warned of {ALERT_RULES[alert.name].label}: {alert.message}. "
                f"{ALERT_RULES[alert.name].hint}",
                soft_wrap=True,
            )
        self._console.print(f"  record: {self._run.run_dir}", soft_wrap=True)


def _mean(progress: Progress) -> str:
    return "–" if progress.mean_return_100 is None else f"{progress.mean_return_100:.1f}"


def _frames(progress: Progress) -> str:
    return "" if progress.frames is None else f" ({progress.frames:,} frames)"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _time_left(progress: Progress) -> str:
    fraction = progress.budget_fraction
    if not fraction or progress.seconds == 0:
        return "…"
    return _clock(progress.seconds * (1 - fraction) / fraction)
