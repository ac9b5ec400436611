"""What ends a run by itself: env steps, seconds of training, or a target return."""

from __future__ import annotations

from matinee.contracts.progress import SolvedAt
from matinee.contracts.run_parts import BudgetSpec
from matinee.training.counters import SlotCounter
from matinee.training.outcome import StopCause
from matinee.training.ports import Gate, Stopwatch


class Budget:
    """Looked at by workers after each rollout; stops training when any part is used up.

    Env steps end at the first boundary at which they are all done: the gate is told in time, so
    that it lets no more rollouts begin than are needed.
    """

    def __init__(
        self,
        spec: BudgetSpec,
        *,
        env_steps: SlotCounter,
        clock: Stopwatch,
        control: Gate,
    ) -> None:
        self._spec = spec
        self._env_steps = env_steps
        self._clock = clock
        self._control = control
        self._look_again_at = 0
        """Env steps from which on the end may be near. Any thread may set it; a stale one only
        makes somebody look once more."""

    def check(self) -> None:
        """Stop training if a part of the budget is used up."""
        spec = self._spec
        if spec.env_steps is not None:
            done = self._env_steps.total()
            if done >= spec.env_steps:
                self._control.stop(
                    StopCause.FINISHED_BUDGET, f"all {spec.env_steps:,} env steps are done"
                )
            elif done >= self._look_again_at:
                self._look_ahead(spec.env_steps - done, done)
        if spec.seconds is not None and self._clock.seconds() >= spec.seconds:
            self._control.stop(
                StopCause.FINISHED_BUDGET, f"all {spec.seconds:g} s of training are over"
            )

    def foresee(self, env_steps: int) -> None:
        """Rollouts are about to get longer, so the end may be nearer than it seemed.

        Args:
            env_steps: The most that the next rollout of this worker adds.
        """
        if self._spec.env_steps is not None:
            done = self._env_steps.total()
            self._look_ahead(self._spec.env_steps - done, done, besides=env_steps)

    def check_target(self, solved_at: SolvedAt | None) -> None:
        """Stop training if it had a target return and has reached it."""
        target = self._spec.target_return
        if target is not None and solved_at is not None:
            self._control.stop(
                StopCause.FINISHED_TARGET,
                f"the mean return of 100 episodes reached {target:g} at env step "
                f"{solved_at.env_steps:,}",
            )

    def fraction(self) -> float | None:
        """Share of the budget that is used, of the part that is nearest to its end."""
        parts = []
        if self._spec.env_steps is not None:
            parts.append(self._env_steps.total() / self._spec.env_steps)
        if self._spec.seconds is not None:
            parts.append(self._clock.seconds() / self._spec.seconds)
        return min(1.0, max(parts)) if parts else None

    def _look_ahead(self, left: int, done: int, *, besides: int = 0) -> None:
        """Tell the gate if what is under way now and once more could be all that is needed."""
        spare = left - 2 * (self._control.env_steps_reserved() + besides)
        if spare > 0:
            self._look_again_at = done + (spare + 1) // 2
        else:
            self._look_again_at = done + left
            self._control.near_end()
