"""The memory that all processes of one run share, and what each of them makes of it."""

from __future__ import annotations

from matinee.contracts.run_spec import PROCESSES_MAX
from matinee.environments.normalization import (
    NormalizationState,
    ObservationNormalizer,
    statistics_length,
)
from matinee.training.counters import SlotCounter
from matinee.training.pacing import Pacer, Signal
from matinee.training.parameter_store import SharedMemoryParameterStore, shared_store_plan
from matinee.training.process_lock import ProcessLock
from matinee.training.shared_arrays import ArrayPlan, SharedArrays
from matinee.training.shared_signals import SIGNALS_PLAN, SharedSignals
from matinee.training.slots import SLOTS

_ENV_STEPS, _PACE, _CPU, _NORMALIZATION = "env_steps", "pace", "cpu_s", "normalization"
_PACE_LOCK_BYTE = 2
"""After those of the parameter store."""

_NORMALIZATION_LOCK_BYTE = 3


class RunMemory:
    """One for each process of a run; all see the same numbers.

    Args:
        size: How many weights the network has.
        observation_size: How many numbers are in an observation.
        pushes: Counted before a resume; the same in every process, like `env_steps`.
        env_steps: Likewise.
        descriptor: Of the memory that the trainer's process made; None: make it.
    """

    def __init__(
        self,
        size: int,
        *,
        observation_size: int,
        pushes: int,
        env_steps: int,
        descriptor: int | None = None,
    ) -> None:
        self._observation_size = observation_size
        plan = {
            **shared_store_plan(size, workers=SLOTS),
            **SIGNALS_PLAN,
            _ENV_STEPS: ArrayPlan("int64", (SLOTS,)),
            _PACE: ArrayPlan("float64", (2,)),
            _CPU: ArrayPlan("float64", (PROCESSES_MAX,)),
            _NORMALIZATION: ArrayPlan("float64", (statistics_length(observation_size),)),
        }
        self._arrays = SharedArrays(plan, descriptor=descriptor)
        self.store = SharedMemoryParameterStore(self._arrays, workers=SLOTS, pushes=pushes)
        self.env_steps = SlotCounter(SLOTS, base=env_steps, slots=self._arrays.integers(_ENV_STEPS))
        self.signals = SharedSignals(self._arrays)
        self.cpu_s = self._arrays.floats(_CPU)
        """Processor time that each process has used, as it last said; the trainer's own is 0."""

    @property
    def descriptor(self) -> int:
        """To pass on to other processes."""
        return self._arrays.descriptor

    def pacer(self, hurry: Signal) -> Pacer:
        """One speed limit over the workers of all processes.

        Args:
            hurry: As this process sees it.
        """
        return Pacer(
            hurry,
            times=self._arrays.floats(_PACE),
            lock=ProcessLock(self._arrays.descriptor, byte=_PACE_LOCK_BYTE),
        )

    def normalizer(self, state: NormalizationState | None = None) -> ObservationNormalizer:
        """One set of statistics over what the workers of all processes see; ask once a process.

        Args:
            state: To go on from, given by one process before any other begins.
        """
        return ObservationNormalizer(
            self._observation_size,
            state,
            memory=self._arrays[_NORMALIZATION],
            lock=ProcessLock(self._arrays.descriptor, byte=_NORMALIZATION_LOCK_BYTE),
        )
