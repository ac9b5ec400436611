"""Where hyperparameters are proposed while training runs, and where workers read them.

A proposal becomes a new immutable set, swapped in by reference. Each worker reads it once, at the
start of a rollout, and says so. The change counts as applied when every live worker has begun a
rollout with it: from that env step on no rollout uses anything older.

A few settings say which threads there are and what they hold. They also wait until the crew has
been changed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.change_class import class_of_change
from matinee.contracts.combinations import RunLayout, check_change
from matinee.contracts.commands import HyperparameterChange
from matinee.contracts.environment_parameters import is_used
from matinee.contracts.hyperparameter_definition import LiveClass
from matinee.contracts.hyperparameters import (
    HYPERPARAMETERS,
    HyperparameterSetting,
    check_settings,
)
from matinee.contracts.run import AppliedHyperparameter
from matinee.contracts.setting_values import anchored
from matinee.training.hyperparameters import HyperparameterSet, HyperparameterValues

STRUCTURAL = frozenset(
    {"algorithm", "workers", "envs_per_worker", "optimizer_threads", "predictor_threads"}
)
"""Settings that say which threads there are, and how many environments each of them has."""


@dataclass(frozen=True)
class AppliedChange:
    """A proposal that is in use everywhere.

    Attributes:
        revision: As `propose` returned it.
        env_step: From which on every rollout uses it.
        changes: The hyperparameters that really differ, before and after.
    """

    revision: int
    env_step: int
    changes: Mapping[str, HyperparameterChange]


@dataclass(frozen=True)
class BoardSnapshot:
    """What is in use and what is still on its way.

    Attributes:
        revision: Of the newest applied change.
        applied: By name: setting, present value, and since which env step.
        requested: Settings that are proposed but not yet in use.
    """

    revision: int
    applied: dict[str, AppliedHyperparameter]
    requested: dict[str, HyperparameterSetting]


class HyperparameterBoard:
    """One for each run. Proposals come from the host's thread, readings from the workers'.

    Args:
        settings: Every hyperparameter at the beginning.
        layout: What of the spec limits them.
        env_steps: Tells how many env steps have been done.
        on_pending: Called with True when a change waits to be used and with False when none does.
        on_applied: Called, on any thread, after changes have become applied.
        on_structural: Called, on any thread, when other threads are wanted.
        on_newest: Called under the lock after what `read` gives has changed.
        revision: Of the settings at the beginning.
        since_env_step: From which step on they have been in use; default: all from the present.
    """

    def __init__(
        self,
        settings: Mapping[str, HyperparameterSetting],
        *,
        layout: RunLayout,
        env_steps: Callable[[], int],
        on_pending: Callable[[bool], None],
        on_applied: Callable[[], None],
        on_structural: Callable[[], None],
        on_newest: Callable[[], None] | None = None,
        revision: int = 0,
        since_env_step: Mapping[str, int] | None = None,
    ) -> None:
        self._layout = layout
        self._env_steps = env_steps
        self._on_pending = on_pending
        self._on_applied = on_applied
        self._on_structural = on_structural
        self._on_newest = on_newest
        self._lock = threading.Lock()
        """Guards everything below but `_newest`, which workers read without it."""
        now = env_steps()
        self._newest = HyperparameterSet(
            revision=revision,
            settings={name: anchored(setting, now) for name, setting in settings.items()},
            since_env_step={name: (since_env_step or {}).get(name, now) for name in settings},
        )
        self._applied = self._newest
        self._pending: list[tuple[int, dict[str, HyperparameterSetting]]] = []
        self._structure_revision = revision
        self._revision_in_use: dict[int, int] = {}
        self._finished_changes: list[AppliedChange] = []
        self._descriptions: dict[str, tuple[HyperparameterSetting, AppliedHyperparameter]] = {}
        """What `snapshot` said last, and of which setting; used by its caller's thread alone."""

    def propose(self, settings: Mapping[str, HyperparameterSetting]) -> int:
        """Ask for new settings, all or nothing; they are used from each worker's next rollout on.

        Returns:
            The revision that the board will have once they are applied.

        Raises:
            InvalidInputError: naming every setting that is not allowed.
        """
        check_settings(settings)
        with self._lock:
            check_change(self._layout, self._newest.settings, settings)
            revision = self._newest.revision + 1
            self._newest = HyperparameterSet(
                revision=revision,
                settings={**self._newest.settings, **settings},
                since_env_step=self._newest.since_env_step,
            )
            self._tell_newest()
            self._pending.append((revision, dict(settings)))
            applied = self._apply_what_is_in_use()
            if not applied:
                self._on_pending(True)
        if applied:
            self._on_applied()
        elif not STRUCTURAL.isdisjoint(settings):
            self._on_structural()
        return revision

    def weigh(self, settings: Mapping[str, HyperparameterSetting]) -> frozenset[LiveClass]:
        """What a proposal would mean for the run, without making it.

        Raises:
            InvalidInputError: as `propose` does.
        """
        check_settings(settings)
        with self._lock:
            before = self._newest.settings
            check_change(self._layout, before, settings)
        algorithm = Algorithm(str({**before, **settings}["algorithm"]))
        env_step = self._env_steps()
        return frozenset(
            class_of_change(
                HYPERPARAMETERS[name],
                before[name],
                setting,
                env_step=env_step,
                algorithm=algorithm,
                layout=self._layout,
            )
            for name, setting in settings.items()
            if setting != before[name] and algorithm in HYPERPARAMETERS[name].algorithms
        )

    def read(self, worker: int) -> tuple[int, HyperparameterValues]:
        """The newest revision and its present values, for a rollout that begins now.

        Called by the worker's thread, once for each rollout.
        """
        newest = self.read_set(worker)
        return newest.revision, newest.values_at(self._env_steps())

    def read_set(self, worker: int) -> HyperparameterSet:
        """The newest set, which the worker uses from now on; see `read`."""
        newest = self._newest
        # Again if a newer one came meanwhile: what is used and what is noted must be the same.
        while self._revision_in_use.get(worker) != newest.revision:
            self._note(worker, newest.revision)
            newest = self._newest
        return newest

    def stand_down(self, worker: int) -> None:
        """The worker uses nothing until its next `read`: it stands at the gate or has ended."""
        if worker in self._revision_in_use:
            self._note(worker, None)

    def newest(self) -> tuple[int, HyperparameterValues]:
        """The newest revision and its present values, for whoever changes the crew to fit it."""
        newest = self._newest
        return newest.revision, newest.values_at(self._env_steps())

    def structure_is(self, revision: int) -> None:
        """The crew is as `revision` wants it."""
        with self._lock:
            self._structure_revision = revision
            applied = self._apply_what_is_in_use()
        if applied:
            self._on_applied()

    def take_applied(self) -> list[AppliedChange]:
        """The changes that have become applied since the last call, oldest first."""
        with self._lock:
            changes = self._finished_changes
            self._finished_changes = []
            return changes

    @property
    def newest_revision(self) -> int:
        """Of the newest change, applied or not."""
        return self._newest.revision

    @property
    def applied_revision(self) -> int:
        """Of the newest applied change."""
        with self._lock:
            return self._applied.revision

    def snapshot(self) -> BoardSnapshot:
        """What is in use now, and what is still on its way."""
        with self._lock:
            applied = self._applied
            requested = {name: s for _, settings in self._pending for name, s in settings.items()}
        env_step = self._env_steps()
        return BoardSnapshot(
            revision=applied.revision,
            applied={name: self._described(applied, name, env_step) for name in applied.settings},
            requested=requested,
        )

    def _described(
        self, applied: HyperparameterSet, name: str, env_step: int
    ) -> AppliedHyperparameter:
        """As the record has it; the same object as long as nothing of it moves."""
        setting, since = applied.settings[name], applied.since_env_step[name]
        value = applied.value_at(name, env_step)
        described, known = self._descriptions.get(name, (None, None))
        if (
            known is None
            or described is not setting
            or (known.value, known.since_env_step)
            != (
                value,
                since,
            )
        ):
            known = AppliedHyperparameter(setting=setting, value=value, since_env_step=since)
            self._descriptions[name] = setting, known
        return known

    def _note(self, worker: int, revision: int | None) -> None:
        with self._lock:
            if revision is None:
                self._revision_in_use.pop(worker, None)
            else:
                self._revision_in_use[worker] = revision
            applied = self._apply_what_is_in_use()
        if applied:
            self._on_applied()

    def _apply_what_is_in_use(self) -> bool:
        """Whether any pending change has become applied. The caller holds the lock."""
        in_use = min(self._revision_in_use.values(), default=self._newest.revision)
        through = None
        for number, settings in self._pending:
            waits_for_crew = number > self._structure_revision and not STRUCTURAL.isdisjoint(
                settings
            )
            if number > in_use or waits_for_crew:
                break
            through = number
        if through is None:
            return False
        self._apply_through(through)
        return True

    def _apply_through(self, revision: int) -> None:
        """Make pending changes up to `revision` the applied ones. The caller holds the lock."""
        env_step = self._env_steps()
        while self._pending and self._pending[0][0] <= revision:
            number, settings = self._pending.pop(0)
            in_use = {name: anchored(setting, env_step) for name, setting in settings.items()}
            before = self._applied.settings
            algorithm = Algorithm(str({**before, **in_use}["algorithm"]))
            changes = {
                name: HyperparameterChange(
                    before=before[name],
                    after=setting,
                    applies=is_used(HYPERPARAMETERS[name], algorithm, self._layout.environment),
                    live_class=class_of_change(
                        HYPERPARAMETERS[name],
                        before[name],
                        setting,
                        env_step=env_step,
                        algorithm=algorithm,
                        layout=self._layout,
                    ),
                )
                for name, setting in in_use.items()
                if setting != before[name]
            }
            self._applied = HyperparameterSet(
                revision=number,
                settings={**before, **in_use},
                since_env_step={
                    **self._applied.since_env_step,
                    **dict.fromkeys(changes, env_step),
                },
            )
            self._finished_changes.append(
                AppliedChange(revision=number, env_step=env_step, changes=changes)
            )
        self._newest = HyperparameterSet(
            revision=self._newest.revision,
            settings={
                **self._applied.settings,
                **{name: s for _, settings in self._pending for name, s in settings.items()},
            },
            since_env_step=self._applied.since_env_step,
        )
        self._tell_newest()
        self._on_pending(bool(self._pending))

    def _tell_newest(self) -> None:
        if self._on_newest is not None:
            self._on_newest()
