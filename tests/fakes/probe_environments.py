"""Environments with known answers, registered under `Probe/…`.

After Andy Jones, "Debugging reinforcement learning systems": each isolates one thing.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete, Space, Text
from numpy.typing import NDArray

from fakes.process_faults import bring_down

Observation = NDArray[np.float32]
Step = tuple[Observation, float, bool, bool, dict[str, Any]]


class Probe(gymnasium.Env[Observation, int]):
    """One observation number from -1 to 1, two actions."""

    observation_space: Space[Observation] = Box(-1.0, 1.0, (1,), np.float32)
    action_space: Space[int] = Discrete(2)  # type: ignore[assignment]  # NumPy integers in the stubs

    def __init__(self) -> None:
        self.sight = 0.0

    def seen(self) -> Observation:
        """What the agent sees."""
        return np.array([self.sight], np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode."""
        super().reset(seed=seed, options=options)
        self.begin()
        return self.seen(), {}

    def begin(self) -> None:
        """Choose the first observation."""
        self.sight = 0.0

    def coin(self) -> float:
        """-1 or 1."""
        return float(self.np_random.choice((-1.0, 1.0)))


class ConstantReward(Probe):
    """One step, reward 1: V must become 1."""

    def step(self, action: int) -> Step:  # noqa: ARG002 -- the reward does not depend on it
        """End at once."""
        return self.seen(), 1.0, True, False, {}


class SightReward(Probe):
    """One step, reward as seen: V must follow the observation."""

    def begin(self) -> None:
        """See -1 or 1."""
        self.sight = self.coin()

    def step(self, action: int) -> Step:  # noqa: ARG002 -- the reward does not depend on it
        """End at once."""
        return self.seen(), self.sight, True, False, {}


class DelayedReward(Probe):
    """Two steps, reward 1 at the second: V must be γ at the first."""

    def begin(self) -> None:
        """See -1 first."""
        self.sight = -1.0

    def step(self, action: int) -> Step:  # noqa: ARG002 -- the reward does not depend on it
        """See 1, then end."""
        if self.sight < 0:
            self.sight = 1.0
            return self.seen(), 0.0, False, False, {}
        return self.seen(), 1.0, True, False, {}


class ActionReward(Probe):
    """One step, reward 1 for action 1, else -1: the policy must learn it."""

    def step(self, action: int) -> Step:
        """End at once."""
        return self.seen(), 1.0 if action == 1 else -1.0, True, False, {}


class MatchReward(Probe):
    """One step, reward 1 if the action matches the sign seen: policy and value together."""

    def begin(self) -> None:
        """See -1 or 1."""
        self.sight = self.coin()

    def step(self, action: int) -> Step:
        """End at once."""
        return self.seen(), 1.0 if (action == 1) == (self.sight > 0) else -1.0, True, False, {}


class ContinuousTarget(Probe):
    """One step, reward minus the squared distance from what is seen: a number must be learned."""

    action_space: Space[Any] = Box(-2.0, 2.0, (1,), np.float32)

    def begin(self) -> None:
        """See -1 or 1."""
        self.sight = self.coin()

    def step(self, action: NDArray[np.float32]) -> Step:  # type: ignore[override]  # a number
        """End at once."""
        return self.seen(), -float((action[0] - self.sight) ** 2), True, False, {}


class TwoChoices(Probe):
    """One step, two choices at once: half of the reward for each that fits what is seen."""

    action_space: Space[Any] = MultiDiscrete([3, 2])

    def begin(self) -> None:
        """See -1 or 1."""
        self.sight = self.coin()

    def step(self, action: NDArray[np.int64]) -> Step:  # type: ignore[override]  # two choices
        """End at once."""
        right = (2, 0) if self.sight > 0 else (0, 1)
        fitting = sum(int(chosen == wanted) for chosen, wanted in zip(action, right, strict=True))
        return self.seen(), fitting / 2.0, True, False, {}


class ShiftedActions(ActionReward):
    """Like ActionReward, with actions -3 and -2: the better one is -2."""

    action_space: Space[int] = Discrete(2, start=-3)  # type: ignore[assignment]  # as above

    def step(self, action: int) -> Step:
        """End at once; an action outside the space is an error."""
        if action not in (-3, -2):
            raise ValueError(f"action {action} is outside the space")
        return self.seen(), 1.0 if action == -2 else -1.0, True, False, {}


class Corridor(Probe):
    """Walk right for `length` steps; the only reward is 1 at the end, a step left ends it at 0."""

    def __init__(self, length: int = 6) -> None:
        super().__init__()
        self.length = length
        self.place = 0

    def begin(self) -> None:
        """Stand at the left end."""
        self.place = 0
        self.sight = -1.0

    def step(self, action: int) -> Step:
        """Right is 1."""
        if action != 1:
            return self.seen(), 0.0, True, False, {}
        self.place += 1
        self.sight = 2.0 * self.place / self.length - 1.0
        done = self.place == self.length
        return self.seen(), float(done), done, False, {}


class Recall(Probe):
    """The first observation says which action is right two steps later: memory is needed."""

    def begin(self) -> None:
        """See -1 or 1, once."""
        self.sight = self.cue = self.coin()
        self.at = 0

    def step(self, action: int) -> Step:
        """See nothing; the third action counts."""
        self.sight = 0.0
        self.at += 1
        is_over = self.at == 3
        is_right = (self.cue > 0.0) == bool(action)
        return self.seen(), 1.0 if is_over and is_right else 0.0, is_over, False, {}


class Endless(Probe):
    """Reward 1 for ever, nothing to see; only a time limit ends it. V must be 1/(1-γ)."""

    def step(self, action: int) -> Step:  # noqa: ARG002 -- the reward does not depend on it
        """Go on."""
        return self.seen(), 1.0, False, False, {}


class Faulty(Endless):
    """Goes wrong after `after` steps: raises, hangs, gives NaN, or takes its process down; but not
    in the spared process, and, with `once`, not if `mark` is there already.

    With `only_in` it does so in the thread of this name alone. With `hang_at_start` a worker never
    gets as far as to build it. When it goes wrong, the file `mark` comes into being. With
    `hang_alone` only the first to get there hangs; with `raise_beside_hang` all others raise.
    """

    def __init__(
        self,
        fault: str = "raise",
        after: int = 50,
        *,
        spared_pid: int | None = None,
        mark: str | None = None,
        only_in: str | None = None,
        once: bool = False,
    ) -> None:
        super().__init__()
        self.fault = fault
        self.left = after
        thread = threading.current_thread().name
        self.is_spared = os.getpid() == spared_pid or only_in not in (None, thread)
        self.is_spared |= once and mark is not None and Path(mark).exists()
        self.mark = mark
        # Whoever only looks at the environment does so in the main thread.
        in_worker = threading.current_thread() is not threading.main_thread()
        if fault == "hang_at_start" and in_worker and not self.is_spared:
            if mark is not None:
                Path(mark).touch()
            HANGING.append(True)
            while HANGING:
                time.sleep(0.01)

    def step(self, action: int) -> Step:
        """Go on until it is time."""
        self.left -= 1
        if self.left > 0 or self.is_spared:
            return super().step(action)
        if self.mark is not None:
            Path(self.mark).touch()
        match self.fault:
            case "raise":
                raise RuntimeError("the simulator broke")
            case "hang_alone" if HANGING:
                return super().step(action)
            case "raise_beside_hang" if HANGING:
                raise RuntimeError("the simulator broke")
            case "hang" | "hang_alone" | "raise_beside_hang":
                HANGING.append(True)
                while HANGING:
                    time.sleep(0.01)
                return super().step(action)
            case "nan_reward":
                return self.seen(), float("nan"), False, False, {}
            case "nan_observation":
                return np.array([np.nan], np.float32), 1.0, False, False, {}
            case _:
                bring_down(self.fault)
                return super().step(action)


HANGING: list[bool] = []
"""Holds something while a `Faulty` environment hangs; clear it to let it go on."""


class Brittle(Endless):
    """Can't be built, or can't begin, as the third of those that are open."""

    def __init__(self, fault: str = "build") -> None:
        super().__init__()
        if fault == "build" and len(OPEN) == BRITTLE_AT:
            raise RuntimeError("no third one")
        self.fails_to_begin = fault == "reset" and len(OPEN) == BRITTLE_AT
        OPEN.append(self)

    def begin(self) -> None:
        """Break, perhaps."""
        if self.fails_to_begin:
            raise RuntimeError("no third one")

    def close(self) -> None:
        """No longer open."""
        OPEN.remove(self)


BRITTLE_AT = 2

OPEN: list[Brittle] = []
"""Those that were built and not closed."""


class ByteImage(ActionReward):
    """Observations are bytes of shape (2, 3), as of an image."""

    observation_space: Space[Any] = Box(0, 255, (2, 3), np.uint8)

    def seen(self) -> Any:
        """White."""
        return np.full((2, 3), 255, np.uint8)


class Picture(MatchReward):
    """The sign is seen as a picture, as small as any that convolutions look at: one half is lit."""

    observation_space: Space[Any] = Box(0, 255, (36, 36, 1), np.uint8)

    def seen(self) -> Any:
        """Light on the right for 1, on the left for -1."""
        picture = np.zeros((36, 36, 1), np.uint8)
        picture[:, slice(18, None) if self.sight > 0 else slice(18)] = 255
        return picture


class Spoken(gymnasium.Env[dict[str, Any], int]):
    """Counts its steps, tells the parity too, and talks; action 0 ends it."""

    observation_space: Space[Any] = Dict(
        {
            "count": Box(0.0, np.inf, (1,), np.float32),
            "parity": Discrete(2),
            "talk": Text(8),
        }
    )
    action_space: Space[int] = Discrete(2)  # type: ignore[assignment]  # as above

    def __init__(self) -> None:
        self.number = 0

    def seen(self) -> dict[str, Any]:
        """What the agent sees."""
        return {
            "count": np.array([self.number], np.float32),
            "parity": self.number % 2,
            "talk": "abc",
        }

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin to count."""
        super().reset(seed=seed, options=options)
        self.number = 0
        return self.seen(), {}

    def step(self, action: int) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Count."""
        self.number += 1
        return self.seen(), 1.0, action == 0, False, {}


class Speaker(Probe):
    """Wants to be told something in words."""

    action_space: Space[Any] = Text(8)

    def step(self, action: str) -> Step:  # type: ignore[override]  # for words
        """End at once."""
        return self.seen(), float(len(action)), True, False, {}


_PROBES: dict[str, tuple[type[gymnasium.Env[Any, Any]], int | None]] = {
    "Probe/ConstantReward-v0": (ConstantReward, None),
    "Probe/SightReward-v0": (SightReward, None),
    "Probe/DelayedReward-v0": (DelayedReward, None),
    "Probe/ActionReward-v0": (ActionReward, None),
    "Probe/MatchReward-v0": (MatchReward, None),
    "Probe/ContinuousTarget-v0": (ContinuousTarget, None),
    "Probe/TwoChoices-v0": (TwoChoices, None),
    "Probe/ShiftedActions-v0": (ShiftedActions, None),
    "Probe/Corridor-v0": (Corridor, None),
    "Probe/Recall-v0": (Recall, None),
    "Probe/Endless-v0": (Endless, 10),
    "Probe/Faulty-v0": (Faulty, 20),
    "Probe/Brittle-v0": (Brittle, None),
    "Probe/ByteImage-v0": (ByteImage, None),
    "Probe/Picture-v0": (Picture, None),
    "Probe/Spoken-v0": (Spoken, None),
    "Probe/Speaker-v0": (Speaker, None),
}


def register_probes() -> None:
    """Put the probes into gymnasium's registry, once."""
    for id_, (entry_point, limit) in _PROBES.items():
        if id_ not in gymnasium.registry:
            gymnasium.register(
                id_,
                entry_point=f"{entry_point.__module__}:{entry_point.__qualname__}",
                max_episode_steps=limit,
            )
