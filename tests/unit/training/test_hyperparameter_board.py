"""When a proposed change counts as applied, and what is told about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from matinee.contracts.combinations import MAX_OBSERVATION_BYTES, RunLayout
from matinee.contracts.environment_parameters import EnvironmentChoice
from matinee.contracts.hyperparameter_definition import LiveClass
from matinee.contracts.hyperparameters import default_settings
from matinee.contracts.schedules import LinearSchedule
from matinee.errors import InvalidInputError
from matinee.training.hyperparameter_board import HyperparameterBoard

OBSERVATION_BYTES = MAX_OBSERVATION_BYTES // (101 * 8)
"""So large that eight workers have room for rollouts of 100 steps, and no more."""


@dataclass
class Desk:
    """A board and what it called."""

    env_steps: int = 0
    pending: list[bool] = field(default_factory=list)
    wakes: int = 0
    calls: int = 0

    def board(self, **settings: Any) -> HyperparameterBoard:
        """With these settings at the beginning."""
        return HyperparameterBoard(
            {**default_settings(), "workers": 8, "envs_per_worker": 1, **settings},
            layout=RunLayout(
                processes=1,
                lockstep=False,
                recurrent=False,
                environment=EnvironmentChoice("CartPole-v1"),
                observation_bytes=OBSERVATION_BYTES,
            ),
            env_steps=lambda: self.env_steps,
            on_pending=self.pending.append,
            on_applied=self.wake,
            on_structural=self.call_foreman,
        )

    def call_foreman(self) -> None:
        """Called when other threads are wanted."""
        self.calls += 1

    def wake(self) -> None:
        """Called when something was applied."""
        self.wakes += 1


def ramp(until_env_step: int) -> LinearSchedule:
    """From 0.1 to 0, beginning where it is applied."""
    return LinearSchedule.model_validate(
        {"schedule": "linear", "from": 0.1, "to": 0.0, "until_env_step": until_env_step}
    )


def test_nothing_runs_so_it_is_applied_at_once() -> None:
    """Before the start and while all stand."""
    desk = Desk(env_steps=30)
    board = desk.board()

    revision = board.propose({"gamma": 0.9})

    (change,) = board.take_applied()
    assert (change.revision, change.env_step) == (revision, 30) == (1, 30)
    assert (change.changes["gamma"].before, change.changes["gamma"].after) == (0.99, 0.9)
    assert board.take_applied() == []
    assert desk.wakes == 1


def test_it_is_applied_once_every_worker_uses_it() -> None:
    """At the env step at which the last of them began a rollout with it."""
    desk = Desk()
    board = desk.board()
    board.read(0)
    board.read(1)
    board.propose({"gamma": 0.9})

    desk.env_steps = 10
    assert board.read(0)[1].gamma == 0.9
    assert board.take_applied() == []
    assert board.snapshot().applied["gamma"].setting == 0.99
    assert board.snapshot().requested == {"gamma": 0.9}
    desk.env_steps = 25
    board.read(1)

    assert [change.env_step for change in board.take_applied()] == [25]
    assert board.snapshot().applied["gamma"].since_env_step == 25
    assert board.snapshot().requested == {}
    assert desk.pending == [True, False]


def test_workers_that_stand_or_have_ended_do_not_hold_it_up() -> None:
    """A pause or an end in the middle completes it."""
    board = Desk().board()
    board.read(0)
    board.read(1)
    board.propose({"gamma": 0.9})
    board.read(0)

    board.stand_down(1)

    assert len(board.take_applied()) == 1


def test_changes_in_a_row_are_told_one_by_one() -> None:
    """Each with what it found and what it left."""
    board = Desk().board()
    board.read(0)
    board.propose({"gamma": 0.9})
    board.propose({"gamma": 0.8, "gae_lambda": 0.5})
    board.read(0)

    first, second = board.take_applied()

    assert (first.changes["gamma"].before, first.changes["gamma"].after) == (0.99, 0.9)
    assert (second.changes["gamma"].before, second.changes["gamma"].after) == (0.9, 0.8)
    assert second.changes.keys() == {"gamma", "gae_lambda"}
    assert board.snapshot().revision == 2


def test_a_change_says_what_it_meant() -> None:
    """Whether the mode uses it, and whether it was live, to be warned of or a warm restart."""
    board = Desk().board()

    revision = board.propose({"algorithm": "ppo", "gamma": 0.9, "clip_range": 0.1, "min_batch": 64})
    board.structure_is(revision)

    (applied,) = board.take_applied()
    told = {n: (change.applies, change.live_class.value) for n, change in applied.changes.items()}
    assert told == {
        "algorithm": (True, "warm_restart"),
        "gamma": (True, "live_with_warning"),
        "clip_range": (True, "live"),
        "min_batch": (False, "live"),
    }


def test_only_what_differs_is_a_change() -> None:
    """Asking for what is already so is applied, and changes nothing."""
    board = Desk().board()

    board.propose({"gamma": 0.99, "gae_lambda": 0.5})

    assert board.take_applied()[0].changes.keys() == {"gae_lambda"}


def test_a_schedule_begins_where_it_is_applied() -> None:
    """Not where it was asked for, nor where the first worker saw it."""
    desk = Desk()
    board = desk.board()
    board.read(0)
    board.read(1)
    board.propose({"learning_rate": ramp(200)})
    desk.env_steps = 50
    assert board.read(0)[1].learning_rate == 0.1
    desk.env_steps = 100
    board.read(1)

    desk.env_steps = 150
    assert board.read(0)[1].learning_rate == pytest.approx(0.05)
    setting = board.snapshot().applied["learning_rate"].setting
    assert isinstance(setting, LinearSchedule)
    assert setting.from_env_step == 100
    assert board.snapshot().applied["learning_rate"].value == pytest.approx(0.05)


def test_a_schedule_from_the_start_begins_at_zero() -> None:
    """A spec may leave its beginning open too."""
    desk = Desk()
    board = desk.board(learning_rate=ramp(200))
    desk.env_steps = 100

    assert board.read(0)[1].learning_rate == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("settings", "loc"),
    [
        ({"gamma": 0.9, "learning_rate": -1.0}, ("learning_rate",)),
        ({"gamma": 0.9, "rollout_length": 101}, ("rollout_length",)),
        ({"gamma": 0.9, "no_such": 1}, ("no_such",)),
    ],
)
def test_one_wrong_setting_refuses_all(settings: dict[str, Any], loc: tuple[str, ...]) -> None:
    """All or nothing, naming the field."""
    board = Desk().board()

    with pytest.raises(InvalidInputError) as caught:
        board.propose(settings)

    assert [error.loc for error in caught.value.fields] == [loc]
    assert board.snapshot().applied["gamma"].setting == 0.99
    assert board.snapshot().revision == 0


def test_a_scheduled_rollout_length_is_bounded_by_its_longest() -> None:
    """Memory is needed at the ramp's end, not at its beginning."""
    longer = LinearSchedule.model_validate(
        {"schedule": "linear", "from": 10, "to": 101, "until_env_step": 5}
    )

    with pytest.raises(InvalidInputError):
        Desk().board().propose({"rollout_length": longer})


def test_what_the_mode_does_not_use_is_marked_in_the_change() -> None:
    """It is taken, because the mode may change; and nobody has to wonder why nothing happens."""
    board = Desk().board()
    board.propose({"clip_range": 0.1, "gamma": 0.9})
    board.structure_is(board.propose({"algorithm": "ppo", "epochs": 2}))

    first, second = board.take_applied()
    assert {name: change.applies for name, change in first.changes.items()} == {
        "clip_range": False,
        "gamma": True,
    }
    assert all(change.applies for change in second.changes.values())


def test_settings_that_do_not_go_together_change_nothing() -> None:
    """Also where only one that waits to be applied makes them clash."""
    board = Desk().board(algorithm="ga3c")
    board.read(0)
    board.propose({"vtrace_rho_bar": 0.5, "vtrace_c_bar": 0.5})

    with pytest.raises(InvalidInputError, match="together"):
        board.propose({"vtrace_c_bar": 0.8})
    assert board.snapshot().requested == {"vtrace_rho_bar": 0.5, "vtrace_c_bar": 0.5}


def test_other_threads_are_in_use_once_they_are_there() -> None:
    """A change of the crew waits for the foreman, also while nothing runs, and holds up what
    comes after it, so that changes are applied in order.
    """
    desk = Desk()
    board = desk.board()
    revision = board.propose({"workers": 5})
    board.propose({"gamma": 0.9})
    assert desk.calls == 1
    assert board.take_applied() == []

    board.structure_is(revision)

    assert [change.changes.keys() for change in board.take_applied()] == [{"workers"}, {"gamma"}]


def test_other_numbers_of_environments_wait_for_the_crew() -> None:
    """They are a warm restart in every mode, and in use once the new threads are there."""
    desk = Desk()
    board = desk.board()
    revision = board.propose({"envs_per_worker": 4})
    assert board.take_applied() == []

    board.structure_is(revision)

    (applied,) = board.take_applied()
    assert applied.changes["envs_per_worker"].live_class is LiveClass.WARM_RESTART
    assert desk.calls == 1


def test_a_change_of_the_crew_waits_for_the_workers_too() -> None:
    """The crew is as wanted, but a worker still runs on older settings."""
    desk = Desk()
    board = desk.board()
    board.read(0)
    revision = board.propose({"workers": 5, "gamma": 0.9})

    board.structure_is(revision)
    assert board.take_applied() == []
    board.read(0)

    assert [change.revision for change in board.take_applied()] == [revision]


def test_a_picture_follows_schedules_and_changes() -> None:
    """What stands still is the same object from picture to picture; what moves is told anew."""
    desk = Desk()
    board = desk.board(learning_rate=ramp(100))
    first = board.snapshot().applied
    desk.env_steps = 50
    second = board.snapshot().applied
    assert second["gamma"] is first["gamma"]
    assert (first["learning_rate"].value, second["learning_rate"].value) == (0.1, 0.05)

    board.propose({"learning_rate": 0.05})
    third = board.snapshot().applied["learning_rate"]
    assert (third.setting, third.value, third.since_env_step) == (0.05, 0.05, 50)
