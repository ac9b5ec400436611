"""What the critic promises at the start of an episode, and what then comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.interfaces import discrete
from matinee.algorithm.distributions import Floats
from matinee.algorithm.rollout import Rollout
from matinee.contracts.hyperparameters import default_settings
from matinee.training.hyperparameters import HyperparameterSet, HyperparameterValues
from matinee.training.start_value import START_INTERVAL_S, StartSample, StartValues

VALUES = replace(
    HyperparameterSet(revision=0, settings=default_settings(), since_env_step={}).values_at(0),
    gamma=0.5,
    reward_scale=1.0,
    reward_clip=0.0,
    truncation_bootstrap=True,
)


def numbers(told: list[StartSample]) -> list[float]:
    """What was promised and what came, episode by episode in one row."""
    return [number for sample in told for number in (sample.value, sample.discounted_return)]


@dataclass
class Step:
    """One step of the first environment: what was seen before it, and what it gave.

    The second environment always gives 99 and ends with every step.
    """

    seen: float
    reward: float = 0.0
    terminated: bool = False
    truncated: bool = False
    valid: bool = True
    ended: bool | None = None
    final: float | None = None


@dataclass
class Scene:
    """A critic for which V(s) is 100 times what is seen, and what was told."""

    told: list[StartSample] = field(default_factory=list)
    asked: list[tuple[float, Floats | None]] = field(default_factory=list)
    now_s: float = 0.0

    def __post_init__(self) -> None:
        self.starts = StartValues(self._value, self.told.append)

    def _value(self, observation: NDArray[Any], state: Floats | None) -> float:
        assert observation.shape == (1, 1)
        self.asked.append((float(observation[0, 0]), state))
        return 100.0 * float(observation[0, 0])

    def play(
        self, steps: list[Step], *, then: float = 0.0, values: HyperparameterValues = VALUES
    ) -> list[StartSample]:
        """One rollout, after which `then` is seen; what has been told so far."""
        rollout = Rollout(length=len(steps), environments=2, interface=discrete(1, 2))
        seen = [step.seen for step in steps] + [then]
        rollout.begin(np.array([[seen[0]], [-1.0]]))
        for t, step in enumerate(steps):
            over = step.terminated or step.truncated
            rollout.record(
                t,
                observations=np.array([[seen[t + 1]], [-1.0]]),
                rewards=np.array([step.reward, 99.0]),
                terminated=np.array([step.terminated, True]),
                truncated=np.array([step.truncated, False]),
                valid=np.array([step.valid, True]),
                ended=np.array([over if step.ended is None else step.ended, True]),
            )
            if step.final is not None:
                # Of both environments, the other one first.
                rollout.record_final_observations(
                    t, np.array([1, 0]), np.array([[-1.0], [step.final]])
                )
        self.starts.follow(rollout, values, now_s=self.now_s)
        return self.told


def test_an_episode_within_a_rollout() -> None:
    """By hand: 1 + 2/2 + 4/4 = 3, promised 0.1 * 100; the rewards after its end are another's."""
    told = Scene().play([Step(0.1, 1.0), Step(0.2, 2.0), Step(0.3, 4.0, True), Step(0.4, 50.0)])

    assert numbers(told) == pytest.approx([10.0, 3.0])


def test_an_episode_over_several_rollouts() -> None:
    """The discount goes on where a rollout ends; nothing is told before the episode has ended."""
    scene = Scene()

    assert scene.play([Step(0.1, 1.0), Step(0.2, 2.0)], then=0.3) == []
    assert scene.play([Step(0.3, 4.0), Step(0.4, 8.0)], then=0.5) == []
    told = scene.play([Step(0.5, 16.0, terminated=True)])
    assert numbers(told) == pytest.approx([10.0, 1.0 + 1.0 + 1.0 + 1.0 + 1.0])
    assert len(scene.asked) == 1


@pytest.mark.parametrize("cut_into", [1, 2, 3, 5, 30])
def test_it_is_the_discounted_return_by_its_definition(cut_into: int) -> None:
    """Random episodes, shaped rewards, rollouts of any length: Σ γ^t clip(s r), summed slowly."""
    generator = np.random.default_rng(cut_into)
    values = replace(VALUES, gamma=0.9, reward_scale=2.0, reward_clip=3.0)
    scene, steps = Scene(), list[Step]()
    expected: list[tuple[float, float]] = []
    for length in generator.integers(1, 9, size=12):
        rewards = generator.normal(scale=2.0, size=length).astype(np.float32)
        seen = generator.random(length).astype(np.float32)
        steps += [
            Step(float(seen[t]), float(rewards[t]), terminated=t == length - 1)
            for t in range(length)
        ]
        terms = [0.9**t * max(-3.0, min(3.0, 2.0 * r)) for t, r in enumerate(rewards.tolist())]
        expected.append((100.0 * float(seen[0]), sum(terms)))
    for begin in range(0, len(steps), cut_into):
        part = steps[begin : begin + cut_into]
        following = steps[begin + cut_into : begin + cut_into + 1]
        scene.now_s += START_INTERVAL_S
        scene.play(part, then=following[0].seen if following else 0.0, values=values)
    promised = [value for value, _ in expected]
    told = [int(np.argmin(np.abs(np.subtract(promised, s.value)))) for s in scene.told]

    # In each rollout the first one that opens there is followed, unless one goes on from before.
    assert told == sorted(set(told))
    assert len(told) == len(expected) if cut_into == 1 else len(told) >= 2
    for number, sample in zip(told, scene.told, strict=True):
        assert (sample.value, sample.discounted_return) == pytest.approx(expected[number], rel=1e-4)


@pytest.mark.parametrize("detached", [False, True])
def test_a_time_limit_leaves_the_rest_to_the_critic(*, detached: bool) -> None:
    """1 + 2/2 + V(s_2)/4, whether the last state is seen next or was reset at once."""
    last = Step(0.2, 2.0, truncated=True, final=0.3 if detached else None)
    told = Scene().play([Step(0.1, 1.0), last], then=0.7 if detached else 0.3)

    assert numbers(told) == pytest.approx([10.0, 2.0 + 30.0 / 4.0])


def test_without_the_bootstrap_a_time_limit_is_an_end() -> None:
    """As the learner takes it."""
    values = replace(VALUES, truncation_bootstrap=False)
    told = Scene().play([Step(0.1, 1.0), Step(0.2, 2.0, truncated=True)], values=values)

    assert numbers(told) == pytest.approx([10.0, 2.0])


def test_an_end_at_the_time_limit_is_an_end() -> None:
    """Terminated and truncated at once: nothing follows."""
    told = Scene().play([Step(0.1, 1.0, terminated=True, truncated=True)])

    assert numbers(told) == pytest.approx([10.0, 1.0])


def test_a_memory_is_handed_to_the_critic_at_a_time_limit() -> None:
    """That of the step that was cut, as a copy; at a start there is none."""
    scene, state = Scene(), np.full((1, 2), 7.0, np.float32)
    scene.starts.keep_state(1, state)
    state[:] = 0.0
    scene.play([Step(0.1, 1.0), Step(0.2, truncated=True)], then=0.3)
    (_, at_start), (_, at_end) = scene.asked

    assert at_start is None
    assert at_end is not None
    assert at_end.tolist() == [[7.0, 7.0]]


@pytest.mark.parametrize("split", [False, True])
def test_a_step_that_only_resets_is_part_of_no_episode(*, split: bool) -> None:
    """The episode begins with what is seen after it, also where a rollout ends in between."""
    scene = Scene()
    scene.now_s = -1.0
    scene.play([Step(0.9), Step(0.8, terminated=True)], then=0.7)
    scene.now_s = 0.0
    reset, first, second = Step(0.7, 55.0, valid=False), Step(0.1, 1.0), Step(0.2, 2.0, True)
    if split:
        scene.play([reset], then=0.1)
        scene.play([first, second])
    else:
        scene.play([reset, first, second])

    assert numbers(scene.told) == pytest.approx([10.0, 2.0])


def test_a_lost_life_is_an_end_and_no_start() -> None:
    """The critic takes it for the end; the game goes on, and its start is long past."""
    scene = Scene()
    life = Step(0.1, 1.0, terminated=True, ended=False)
    scene.play([life, Step(0.2, 2.0)], then=0.3)
    scene.now_s = START_INTERVAL_S
    scene.play([Step(0.3, 4.0), Step(0.4, 4.0, terminated=True)], then=0.5)
    scene.now_s = 2 * START_INTERVAL_S
    scene.play([Step(0.5, 8.0, terminated=True)])

    assert numbers(scene.told) == pytest.approx([10.0, 1.0, 50.0, 8.0])


def test_episodes_are_followed_now_and_then() -> None:
    """One start at most each quarter of a second: the value costs a forward pass."""
    scene, episode = Scene(), [Step(0.1, 1.0, terminated=True)] * 4
    scene.play(episode)
    scene.now_s = START_INTERVAL_S * 0.9
    scene.play(episode)
    assert len(scene.told) == len(scene.asked) == 1

    scene.now_s = START_INTERVAL_S
    scene.play(episode)
    assert len(scene.told) == len(scene.asked) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"gamma": 0.6},
        {"reward_scale": 2.0},
        {"reward_clip": 1.0},
        {"truncation_bootstrap": False},
    ],
)
def test_an_episode_that_would_count_otherwise_is_dropped(change: dict[str, Any]) -> None:
    """Half of it in one unit and half in another is no return; the next one counts again."""
    scene, after = Scene(), replace(VALUES, **change)
    scene.play([Step(0.1, 1.0)], then=0.2)
    scene.now_s = 0.1
    assert scene.play([Step(0.2, 1.0, terminated=True)], values=after) == []

    scene.now_s = START_INTERVAL_S
    told = scene.play([Step(0.3, 1.0, terminated=True)], values=after)
    assert [sample.value for sample in told] == [pytest.approx(30.0)]


def test_an_abandoned_rollout_drops_the_episode() -> None:
    """What came in it is not known; the thread then is somewhere within an episode."""
    scene = Scene()
    scene.play([Step(0.1, 1.0)], then=0.2)
    scene.starts.drop()
    scene.now_s = START_INTERVAL_S

    assert scene.play([Step(0.2, 1.0, terminated=True)], then=0.3) == []
    scene.play([Step(0.3, 1.0, terminated=True)])
    assert [sample.value for sample in scene.told] == [pytest.approx(30.0)]
