"""Whether a run that died is started again."""

from __future__ import annotations

from matinee.contracts.run_parts import RecoverySpec
from matinee.runs.restarts import Restart, next_restart

ALWAYS = RecoverySpec(restart_after_death=True)


def test_by_default_nothing_restarts() -> None:
    """A death is a death unless the spec says otherwise."""
    assert next_restart(RecoverySpec(), restarts=0, lived_s=1e6, has_saved=True) is None


def test_a_crash_loop_gives_up() -> None:
    """Five tries, each after a longer pause, then no more."""
    delays, restarts = [], 0
    while (
        restart := next_restart(ALWAYS, restarts=restarts, lived_s=3.0, has_saved=False)
    ) is not None:
        restarts = restart.number
        delays.append(restart.delay_s)
    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert str(Restart(2, 5, 1.0)) == "restart 2 of 5 in 1 s"


def test_a_stable_life_starts_counting_anew() -> None:
    """Who lives long enough and saves a checkpoint has five tries again; one alone is not enough:
    a crash that comes late, but before every checkpoint, would come again for ever.
    """
    assert next_restart(ALWAYS, restarts=5, lived_s=10.0, has_saved=True) == Restart(1, 5, 0.5)
    assert next_restart(ALWAYS, restarts=5, lived_s=9.9, has_saved=True) is None
    assert next_restart(ALWAYS, restarts=5, lived_s=1e6, has_saved=False) is None


def test_pauses_do_not_grow_without_end() -> None:
    """With many tries allowed the pause stays at its longest."""
    many = RecoverySpec(restart_after_death=True, max_restarts=50)
    assert next_restart(many, restarts=40, lived_s=0.0, has_saved=False) == Restart(41, 50, 8.0)
