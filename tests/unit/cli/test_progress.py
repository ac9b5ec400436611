"""What `matinee train` shows while it trains, and at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.records import NOW, SPEC
from matinee.bootstrap.local_run import LocalRun
from matinee.cli.progress import TrainingProgress
from matinee.contracts.alerts import ALERT_RULES, RaisedAlert
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress, SolvedAt
from matinee.contracts.run import RunSnapshot
from matinee.contracts.run_state import RunState
from matinee.journal.writer import JournalWriter
from matinee.runs.folders import RunDetails, RunFolders

AWKWARD_NAME = "a[/b] [red]warm[/red] :smile:"
HALF_WAY = Progress(
    env_steps=12_000, steps_per_second=3400, mean_return_100=41.25, seconds=75, budget_fraction=0.5
)


@pytest.fixture
def run(data_dir: Path) -> LocalRun:
    """A run that is made and not yet hosted, with a name and path that would be markup to rich."""
    run_id = new_ulid()
    details = RunDetails(name=AWKWARD_NAME)
    folder = RunFolders(data_dir / "[red]").create(
        run_id, spec=SPEC, details=details, created_at=NOW, start=None
    )
    return LocalRun(run_id, AWKWARD_NAME, folder, SPEC, new_ulid())


@pytest.fixture
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal on which rich draws, wide enough for the row."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")


def end(run: LocalRun, state: RunState, reason: str | None, progress: Progress) -> None:
    """Let the run end like this."""
    with JournalWriter(run.run_dir) as writer:
        writer.set_snapshot(RunSnapshot(state=state, reason=reason, progress=progress))


@pytest.mark.usefixtures("wide_terminal")
def test_progress_shows_the_figures(run: LocalRun, capsys: pytest.CaptureFixture[str]) -> None:
    """While it trains: state, steps, speed, return, time, and the time left of the budget."""
    with TrainingProgress(run, quiet=False) as progress:
        progress.update(RunState.RUNNING, HALF_WAY, {})
    shown = capsys.readouterr().out

    for figure in ("running", "12,000 steps", "3,400/s", "return 41.2", "1:15", "1:15 left"):
        assert figure in shown


@pytest.mark.usefixtures("wide_terminal")
def test_frames_are_shown_where_they_are_not_steps(
    run: LocalRun, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside the steps, while it trains and at the end; and nowhere else."""
    with TrainingProgress(run, quiet=False) as progress:
        progress.update(RunState.RUNNING, HALF_WAY, {})
        assert "frames" not in capsys.readouterr().out
        counted = HALF_WAY.model_copy(update={"frames": 48_000})
        progress.update(RunState.RUNNING, counted, {})
        end(run, RunState.FINISHED, None, counted)
    progress.report(RunState.FINISHED)
    shown = capsys.readouterr().out

    assert "12,000 steps (48,000 frames)" in shown
    assert "12,000 env steps (48,000 frames), 0 episodes" in shown


@pytest.mark.usefixtures("wide_terminal")
def test_progress_shows_what_the_mode_has(
    run: LocalRun, capsys: pytest.CaptureFixture[str]
) -> None:
    """The depth of ga3c's queue, once it was told; nothing of what is not told."""
    depth = MetricSummary(mean=7.5, min=7, max=8, last=8, count=2)
    with TrainingProgress(run, quiet=False) as progress:
        progress.update(RunState.RUNNING, HALF_WAY, {"queue_depth": depth})
        progress.update(RunState.RUNNING, HALF_WAY, {})
    shown = capsys.readouterr().out

    assert "queue 7.5" in shown
    assert "clipped" not in shown


@pytest.mark.usefixtures("wide_terminal")
def test_progress_without_a_budget_promises_no_end(
    run: LocalRun, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run without a budget shows no time left, and a dash where there is no return yet."""
    with TrainingProgress(run, quiet=False) as progress:
        progress.update(RunState.RUNNING, Progress(env_steps=5, seconds=3725), {})
    shown = capsys.readouterr().out

    assert "1:02:05" in shown
    assert "return –" in shown
    assert "left" not in shown


def test_names_are_printed_as_they_are(run: LocalRun, capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets and colons in a name are no markup."""
    with TrainingProgress(run, quiet=False):
        pass

    assert capsys.readouterr().out.startswith(f"{AWKWARD_NAME}  a3c on CartPole-v1, 2 × 8 ")


def test_quiet_prints_only_the_result(run: LocalRun, capsys: pytest.CaptureFixture[str]) -> None:
    """`--quiet` says nothing before the end, and then the same as without."""
    end(run, RunState.FINISHED, "done", HALF_WAY)
    with TrainingProgress(run, quiet=True) as progress:
        progress.update(RunState.RUNNING, HALF_WAY, {})
    assert capsys.readouterr().out == ""

    progress.report(RunState.FINISHED)
    assert capsys.readouterr().out.startswith("finished: done\n")


def test_the_report_is_whole_lines(
    run: LocalRun, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report gives reason, figures, when it was solved and where the record is, and breaks no
    line, however narrow the terminal: paths are copied.
    """
    monkeypatch.setenv("COLUMNS", "30")
    solved = HALF_WAY.model_copy(
        update={"episodes": 321, "updates": 99, "solved_at": SolvedAt(env_steps=9000, seconds=55.5)}
    )
    end(run, RunState.FAILED, "step() said [no]", solved)

    TrainingProgress(run, quiet=False).report(RunState.FAILED)

    mean = "mean return of the last 100 episodes 41.2"
    assert capsys.readouterr().out.splitlines() == [
        "failed: step() said [no]",
        f"  12,000 env steps, 321 episodes, 99 updates in 75.00 s; {mean}",
        "  solved after 9,000 env steps, 55.50 s",
        f"  record: {run.run_dir}",
    ]


def test_the_report_names_what_the_run_was_warned_of(
    run: LocalRun, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the figures, and what to try; that it is solved is no warning."""
    rule = ALERT_RULES["policy_lag"]
    alert = RaisedAlert(
        name=rule.name,
        severity=rule.severity,
        message="90 updates, above 25 for 3 s",
        raised_at=NOW,
        since_env_step=7,
    )
    good = alert.model_copy(update={"name": "solved"})
    with JournalWriter(run.run_dir) as writer:
        writer.set_snapshot(RunSnapshot(state=RunState.FINISHED, alerts=[alert, good]))

    TrainingProgress(run, quiet=False).report(RunState.FINISHED)

    told = f"  warned of policy lag: 90 updates, above 25 for 3 s. {rule.hint}"
    warnings = [each for each in capsys.readouterr().out.splitlines() if "warned" in each]
    assert warnings == [told]
