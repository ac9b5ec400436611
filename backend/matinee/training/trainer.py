"""Assembles a training from a RunSpec and is its one handle for the host.

trainer = Trainer(spec, on_wake=event.set)
trainer.start()
while trainer.outcome is None:
    event.wait(0.1)
    drained = trainer.drain()
trainer.join(10.0)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import numpy as np

from matinee.algorithm.flat_parameters import FloatVector
from matinee.contracts.agent_interface import CategoricalActions
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.checkpoints import CheckpointCause, CheckpointDocument, CheckpointManifest
from matinee.contracts.combinations import RunLayout, check_memory
from matinee.contracts.environment_parameters import own_parameters
from matinee.contracts.policy_file import PolicyFile
from matinee.contracts.progress import Progress
from matinee.contracts.run_spec import RunSpec
from matinee.environments.factory import (
    frames_per_step,
    look_at,
    made_elsewhere,
    reward_threshold,
)
from matinee.errors import WorkerFailedError
from matinee.training.budget import Budget
from matinee.training.checkpoints import CheckpointState, save_checkpoint, window_of
from matinee.training.clock import TrainingClock
from matinee.training.control import TrainingControl
from matinee.training.counters import SlotCounter
from matinee.training.crew import CrewParts
from matinee.training.evaluator import EvaluationResult, Evaluator, PeriodicEvaluation
from matinee.training.foreman import Foreman
from matinee.training.hyperparameter_board import BoardSnapshot, HyperparameterBoard
from matinee.training.network_choice import network_shape
from matinee.training.outcome import Outcome, StopCause, outcome_despite
from matinee.training.pacing import Pacer
from matinee.training.phase_clock import PhaseClock
from matinee.training.policy_description import describe_policy
from matinee.training.present_policy import PresentPolicy
from matinee.training.return_window import ReturnWindow, WindowState
from matinee.training.run_observer import Drained, RunObserver, maximum_entropy
from matinee.training.run_sampler import LayerSlice, Watched
from matinee.training.sample_queue import QueueReading
from matinee.training.shared_parts import TrainerParts
from matinee.training.sliding_rate import SlidingRate
from matinee.training.slots import SLOTS
from matinee.training.starting_state import new_normalizer, new_store, shared_memory
from matinee.training.telemetry import Telemetry
from matinee.training.thread_group import ThreadFailure, ThreadGroup
from matinee.training.thread_readings import Roll
from matinee.training.turns import Turns
from matinee.training.worker_processes import WorkerProcesses

EVALUATION_THREAD = "evaluation"

_RATE_WINDOW_S = 1.0


class Trainer:
    """One training, from start to outcome. Its methods are for one host thread.

    Args:
        spec: With its seed set.
        on_wake: Called on any thread, perhaps under a lock, when the host should look: a change
            was applied, training stands or has ended, an evaluation is done, many episodes wait.
            It must not block.
        restore: A learner to go on from.

    Raises:
        EnvironmentBuildError: if the environment can't be built, or nothing can train on it.
        InvalidInputError: if a rollout would need too much memory.
        CheckpointError: if the checkpoint does not fit the spec.
    """

    def __init__(
        self,
        spec: RunSpec,
        *,
        on_wake: Callable[[], None],
        restore: CheckpointState | None = None,
    ) -> None:
        if spec.seed is None:
            raise ValueError("a run is trained with a definite seed")
        self._spec = spec
        self._seed = spec.seed
        self._on_wake = on_wake
        self._frames_per_step = frames_per_step(spec.environment)
        look = look_at(spec.environment)
        self._shape = network_shape(
            spec.network,
            look.interface,
            normalizes=spec.environment.normalize_observations,
        )
        before = restore.document if restore is not None else None
        self._memory = shared_memory(spec, self._shape, before)
        signals = self._memory.signals if self._memory else None
        self._env_steps = (
            self._memory.env_steps
            if self._memory
            else SlotCounter(SLOTS, base=before.env_steps if before else 0)
        )
        self._normalizer = new_normalizer(spec, self._shape, memory=self._memory, restore=restore)
        self._policy_file = describe_policy(
            spec.environment,
            self._shape,
            look.coding,
            normalizes=self._normalizer is not None,
            making=made_elsewhere(spec.environment),
        )
        self._clock = TrainingClock(
            seconds=before.seconds if before else 0.0,
            on_change=signals.publish_clock if signals else None,
        )
        self._store = new_store(spec, self._shape, memory=self._memory, restore=restore)
        self.control = TrainingControl(
            clock=self._clock,
            env_steps=self._env_steps,
            updates=self._store.updates,
            on_wake=self._wake,
            env_step_budget=spec.budget.env_steps,
            on_signals=signals.publish_gate if signals else None,
            reservations=signals.reservations if signals else None,
        )
        settings = {**spec.initial_settings(), **(before.hyperparameters if before else {})}
        layout = self._layout()
        check_memory(layout, settings)
        self.board = HyperparameterBoard(
            settings,
            layout=layout,
            env_steps=self._env_steps.total,
            on_pending=self.control.changes_pending,
            on_applied=on_wake,
            on_structural=self._call_foreman,
            on_newest=signals.publish_edition if signals else None,
            revision=before.hyperparameter_revision if before else 0,
            since_env_step=before.hyperparameters_since_env_step if before else None,
        )
        self._budget = Budget(
            spec.budget, env_steps=self._env_steps, clock=self._clock, control=self.control
        )
        self._telemetry = Telemetry(
            SLOTS,
            window=ReturnWindow(
                target=_solved_return(spec), state=window_of(before) if before else None
            ),
            gives_up=self.control.stopping.is_set,
            maximum_entropy=maximum_entropy(self._shape.interface),
            on_many_episodes=on_wake,
        )
        self._threads = ThreadGroup(
            on_failure=self._stop_after_failure, on_all_ended=self._conclude
        )
        crew_parts = self._crew_parts(before)
        self._processes = crew_parts.processes
        self._foreman = Foreman(crew_parts, self._threads)
        self._evaluator = Evaluator(
            spec.environment,
            self._shape,
            seed=self._seed,
            store=self._store,
            env_steps=self._env_steps,
            normalizer=self._normalizer,
            parameters=self._parameters,
        )
        self._periodic_evaluation = PeriodicEvaluation(
            spec.evaluation,
            evaluator=self._evaluator,
            control=self.control,
            env_steps=self._env_steps,
            on_result=on_wake,
        )
        self._outcome: Outcome | None = None
        self._rate = SlidingRate(_RATE_WINDOW_S)
        self._observer = RunObserver(
            self._telemetry,
            self._watched(),
            roll=Roll(
                env_steps=self._env_steps,
                updates=self._store.updates,
                living=self._threads.living,
                starting=self._foreman.starting,
                failure=lambda: self._threads.failure,
            ),
            seconds=self._clock.seconds,
            algorithm=lambda: Algorithm(self.board.newest()[1].algorithm),
        )

    # ---- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start all threads; returns at once. Training holds first if `control.pause()` came."""
        self._foreman.start()
        if self._spec.evaluation.every_env_steps is not None:
            self._threads.start({EVALUATION_THREAD: self._periodic_evaluation.run})

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None while any thread lives."""
        return self._outcome

    @property
    def failure(self) -> ThreadFailure | None:
        """The first exception that left a thread, if one did: training then stops."""
        return self._threads.failure

    def join(self, timeout_s: float) -> Outcome | None:
        """Wait for the end, no longer than `timeout_s`.

        After a stop, threads that are still there have hung: that is the outcome then, with the
        place where each hangs. If another thread had failed before, that is the reason. Threads
        that are still starting have done nothing yet, and test episodes change nothing, so training
        is over without them.

        Returns:
            None if training has not been told to stop and goes on.
        """
        hanging = self._threads.join(timeout_s)
        cause = self.control.stop_cause
        if self._outcome is None and hanging and cause is not None:
            elsewhere = self._processes.stacks() if self._processes else {}
            self._outcome = self._failed_first() or outcome_despite(
                {t.thread: elsewhere.get(t.thread, t.stack_text) for t in hanging},
                starting=self._foreman.starting(),
                evaluating={EVALUATION_THREAD},
                cause=cause,
                reason=self.control.stop_reason,
            )
            if self._processes is not None:
                self._processes.kill()
        return self._outcome

    # ---- what it tells ---------------------------------------------------------------------------

    def drain(self) -> Drained:
        """Take everything that happened since the last call, and look whether time is up."""
        # Workers look after each rollout; those that all hang would never.
        self._budget.check()
        evaluations = self._periodic_evaluation.results
        return self._observer.drain(
            [evaluations.popleft() for _ in range(len(evaluations))],
            is_standing=self.control.paused or self._outcome is not None,
        )

    @property
    def target_return(self) -> float | None:
        """Mean return of 100 episodes that counts as solved; None: nothing does."""
        return _solved_return(self._spec)

    @property
    def acts_discretely(self) -> bool:
        """Whether actions are choices and not numbers."""
        return isinstance(self._shape.interface.actions, CategoricalActions)

    @property
    def unseen(self) -> tuple[str, ...]:
        """Parts of an observation that the network does not see, for people."""
        return self._shape.interface.unseen

    @property
    def ends_at_target(self) -> bool:
        """Whether training ends when that mean is reached."""
        return self._spec.budget.target_return is not None

    def stack_of(self, thread: str) -> str | None:
        """Where a thread stands now, in whichever process; None if there is none of this name."""
        elsewhere = self._processes.stack_of(thread) if self._processes else None
        return elsewhere or self._threads.stack_of(thread)

    def progress(self) -> Progress:
        """How far it has come. `steps_per_second` is over about the last second."""
        window = self._telemetry.window()
        recent = window.recent_returns
        env_steps = self._env_steps.total()
        return Progress(
            env_steps=env_steps,
            frames=env_steps * self._frames_per_step if self._frames_per_step > 1 else None,
            episodes=window.episodes,
            updates=self._store.updates.total(),
            seconds=self._clock.seconds(),
            steps_per_second=self._rate.look(time.perf_counter(), env_steps)[0],
            mean_return_100=fmean(recent) if recent else None,
            best_mean_return_100=window.best_mean_return,
            solved_at=window.solved_at,
            budget_fraction=self._budget.fraction(),
        )

    def window(self) -> WindowState:
        """The last 100 episodes, the first and the best ones."""
        return self._telemetry.window()

    def evaluate(
        self, episodes: int, *, deterministic: bool, should_stop: Callable[[], bool]
    ) -> EvaluationResult | None:
        """Play test episodes on the present weights, on the calling thread; see `Evaluator`."""
        return self._evaluator.evaluate(
            episodes, deterministic=deterministic, should_stop=should_stop
        )

    @property
    def evaluation_steps(self) -> int:
        """Env steps of all test episodes so far."""
        return self._evaluator.steps

    def queue_reading(self) -> QueueReading | None:
        """The sample queue of ga3c; None in other modes."""
        return self._foreman.queue_reading()

    # ---- checkpoints -----------------------------------------------------------------------------

    def save_checkpoint(self, folder: Path, *, cause: CheckpointCause) -> CheckpointManifest:
        """Write the learner's present state to `folder`, also while it trains.

        Raises:
            CheckpointError: if it can't be written or is not worth it.
        """
        return save_checkpoint(self.capture(), folder, cause=cause)

    def capture(self) -> CheckpointState:
        """The learner's present state.

        While it trains, the weights are what any worker would pull now, and each generator is as
        of its worker's last rollout boundary; while it stands, everything is of one moment.
        """
        window = self._telemetry.window()
        board = self.board.snapshot()
        kind, statistics = self._store.statistics()
        return CheckpointState(
            document=CheckpointDocument(
                spec=self._spec,
                env_steps=self._env_steps.total(),
                updates=self._store.updates.total(),
                episodes=window.episodes,
                seconds=self._clock.seconds(),
                optimizer=kind,
                hyperparameter_revision=board.revision,
                hyperparameters={name: h.setting for name, h in board.applied.items()},
                hyperparameters_since_env_step={
                    name: h.since_env_step for name, h in board.applied.items()
                },
                generators=[state for _, state in sorted(self._foreman.generator_states().items())],
                recent_returns=list(window.recent_returns),
                best_mean_return_100=window.best_mean_return,
                best_std_return_100=window.best.std if window.best else 0.0,
                first_mean_return_100=window.first.mean if window.first else None,
                first_std_return_100=window.first.std if window.first else 0.0,
                reward_abs_max=window.reward_abs_max,
                solved_at=window.solved_at,
                solved_for=window.solved_for,
            ),
            weights=self._weights_now(),
            statistics=statistics,
            normalization=self._normalizer.state() if self._normalizer else None,
            policy=self._described(board),
        )

    def present_policy(self) -> PresentPolicy:
        """What a worker would act by now, for who plays it elsewhere. The host asks."""
        return PresentPolicy(
            policy=self._described(self.board.snapshot()),
            weights=self._weights_now(),
            normalization=self._normalizer.state() if self._normalizer else None,
            env_step=self._env_steps.total(),
        )

    def _described(self, board: BoardSnapshot) -> PolicyFile:
        parameters = {
            name: float(board.applied[name].value)
            for name in own_parameters(self._spec.environment.choice)
        }
        return self._policy_file.model_copy(update={"environment_parameters": parameters})

    def _weights_now(self) -> FloatVector:
        weights = np.empty(self._shape.layout().size, np.float32)
        self._store.pull(weights)
        return weights

    # ---- assembly --------------------------------------------------------------------------------

    def _crew_parts(self, before: CheckpointDocument | None) -> CrewParts:
        memory = self._memory
        hurry = self.control.hurry
        shared = TrainerParts(
            store=self._store,
            board=self.board,
            control=self.control,
            pacer=Pacer(hurry) if memory is None else memory.pacer(hurry),
            telemetry=self._telemetry,
            clock=self._clock,
            env_steps=self._env_steps,
            budget=self._budget,
            turns=Turns(),
            normalizer=self._normalizer,
        )
        return CrewParts(
            spec=self._spec,
            shape=self._shape,
            shared=shared,
            processes=WorkerProcesses(self._spec, self._shape, shared=shared, memory=memory)
            if memory
            else None,
            generator_states=dict(enumerate(before.generators)) if before else {},
        )

    def _wake(self) -> None:
        """Training stands or is told to stop: the foreman may have to go, the host to look."""
        self._foreman.call()
        self._on_wake()

    def _watched(self) -> Watched:
        memory = self._memory
        actions = self._shape.interface.actions
        return Watched(
            env_steps=self._env_steps,
            updates=self._store.updates,
            learned_samples=lambda: self._telemetry.learned_samples,
            clocks=self._living_clocks,
            window=self._telemetry.window,
            truncated_episodes=lambda: self._telemetry.truncated_episodes,
            weights=self._weights_now,
            statistics=lambda: self._store.statistics()[1],
            layers=[LayerSlice(s.name, s.start, s.stop) for s in self._shape.layout().slots],
            choices=actions.branches if isinstance(actions, CategoricalActions) else (),
            queue=self.queue_reading,
            process_ids=self._processes.process_ids if self._processes else lambda: (),
            elsewhere_s=lambda: memory.cpu_s[1 : self._spec.processes] if memory else (),
        )

    def _parameters(self) -> dict[str, float]:
        """Those of the environment, as training has them now."""
        return self.board.newest()[1].parameters(own_parameters(self._spec.environment.choice))

    def _living_clocks(self) -> dict[str, PhaseClock]:
        living = self._threads.living()
        return {name: c for name, c in self._telemetry.clocks.items() if name in living}

    def _call_foreman(self) -> None:
        self._foreman.call()

    def _layout(self) -> RunLayout:
        interface = self._shape.interface
        itemsize = np.dtype(interface.observation_dtype).itemsize
        return replace(self._spec.layout, observation_bytes=interface.observation_size * itemsize)

    # ---- threads ---------------------------------------------------------------------------------

    def _stop_after_failure(self, failure: ThreadFailure) -> None:
        self.control.stop(StopCause.FAILED, failure.words)

    def _conclude(self) -> None:
        """The last thread has ended: what was the end?"""
        cause = self.control.stop_cause
        assert cause is not None, "threads end only when told to"
        if self._outcome is not None:
            return  # It was taken for hung, and that has been told.
        self._outcome = self._failed_first() or Outcome(
            cause=cause, reason=self.control.stop_reason
        )
        self._on_wake()

    def _failed_first(self) -> Outcome | None:
        """The failure that stopped the training, if one did."""
        failure = self._threads.failure
        if self.control.stop_cause is not StopCause.FAILED or failure is None:
            return None
        return Outcome(
            cause=StopCause.FAILED,
            reason=self.control.stop_reason,
            error=failure.error,
            traceback_text=failure.error.traceback_text
            if isinstance(failure.error, WorkerFailedError)
            else failure.traceback_text,
        )


def _solved_return(spec: RunSpec) -> float | None:
    if spec.budget.target_return is not None:
        return spec.budget.target_return
    return reward_threshold(spec.environment.id)
