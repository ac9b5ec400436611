"""Environments that people meet first, each in a sentence or two: what to do, and what is hard."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CURATED_ENVIRONMENTS: Mapping[str, str] = MappingProxyType(
    {
        # Gymnasium's own.
        "CartPole-v1": "Balance a pole on a cart. Solved in seconds; the place to start.",
        "CartPole-v0": "The same with episodes of 200 steps, as in older texts.",
        "Acrobot-v1": "Swing a two-link arm above a line. Reward comes late.",
        "MountainCar-v0": "Rock a weak car out of a valley. Hard: no reward before the goal, so it "
        "is about exploration.",
        "MountainCarContinuous-v0": "The same car with a force that is a number and costs: doing "
        "nothing is a trap.",
        "Pendulum-v1": "Swing a pendulum up and hold it with little torque. The smallest task with "
        "continuous actions.",
        "FrozenLake-v1": "Cross a frozen lake of 4 x 4 fields without falling in; the ice is "
        "slippery, so luck has a part.",
        "FrozenLake8x8-v1": "A frozen lake of 8 x 8 fields: the only reward is far away.",
        "CliffWalking-v1": "Walk along a cliff; a step over it costs 100.",
        "Taxi-v4": "Fetch a passenger and bring him where he wants to go, on a grid of 5 x 5.",
        "Blackjack-v1": "Draw cards up to 21 against a dealer. The best there is loses a little.",
        # Box2D.
        "LunarLander-v3": "Land between two flags with three engines, on or off. Takes minutes.",
        "LunarLanderContinuous-v3": "The same landing with engines that can be throttled.",
        "BipedalWalker-v3": "Walk on two legs over gentle ground, from joint sensors and a lidar.",
        "BipedalWalkerHardcore-v3": "The same walker over stumps, ladders and pits. Very hard.",
        "CarRacing-v3": "Drive a car round a track seen from above: images in, steering out.",
        # MuJoCo.
        "InvertedPendulum-v5": "Balance a pole on a cart with a force. The quickest MuJoCo task.",
        "InvertedDoublePendulum-v5": "Balance two poles, one upon the other.",
        "Reacher-v5": "Bring the tip of a two-joint arm to a point that changes each episode.",
        "Pusher-v5": "Push an object to its goal with an arm of seven joints.",
        "Swimmer-v5": "Swim forward with three links. Needs a long horizon: gamma near 1.",
        "Hopper-v5": "Hop forward on one leg without falling.",
        "Walker2d-v5": "Walk forward on two legs, in a plane.",
        "HalfCheetah-v5": "Run as fast as possible on two legs; it can't fall.",
        "Ant-v5": "Walk forward on four legs, in three dimensions.",
        "Humanoid-v5": "Walk with 17 joints without falling. Takes hours.",
        "HumanoidStandup-v5": "Get a lying body up from the ground.",
        # MiniGrid.
        "MiniGrid-Empty-5x5-v0": "Find the green square in an empty room, seeing only what lies "
        "ahead. Solved in seconds.",
        "MiniGrid-Empty-8x8-v0": "The same in a larger room: the first reward takes longer.",
        "MiniGrid-DoorKey-5x5-v0": "Pick up a key, open the door, reach the goal: three things in "
        "the right order.",
        "MiniGrid-FourRooms-v0": "Find a goal in one of four rooms. Hard to explore.",
        "MiniGrid-MemoryS7-v0": "Remember an object seen at the start to choose a way at the end. "
        "Needs an LSTM.",
        "MiniGrid-Dynamic-Obstacles-5x5-v0": "Reach the goal without bumping into what moves.",
        # Atari.
        "ALE/Pong-v5": "Table tennis against the computer, from four stacked frames. The first "
        "Atari game that anything learns.",
        "ALE/Breakout-v5": "Break bricks with a ball and a paddle; five lives.",
        "ALE/SpaceInvaders-v5": "Shoot invaders from behind shields.",
        "ALE/Freeway-v5": "Cross a road between cars; no reward until the other side.",
        "ALE/BeamRider-v5": "Shoot along beams in space.",
        "ALE/Qbert-v5": "Hop over cubes and change their colour.",
        "ALE/Seaquest-v5": "Rescue divers, and come up for air in time.",
        "ALE/MsPacman-v5": "Eat dots and flee from ghosts.",
    }
)
"""By id. An extra that is missing does not hide them: the page says what to install."""
