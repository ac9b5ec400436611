"""A policy in words."""

from __future__ import annotations

import pytest
from gymnasium import spaces

from fakes.training import small_spec
from matinee.algorithm.networks import NetworkShape
from matinee.contracts.policy_file import PolicyFile
from matinee.environments.interface import translation
from matinee.training.policy_description import describe_policy


@pytest.mark.parametrize("shared", [True, False])
def test_every_weight_has_its_place(*, shared: bool) -> None:
    """Side by side from the first to the last; the trunk is the one that the policy reads."""
    between = translation(spaces.Box(-1, 1, (3,)), spaces.Discrete(2))
    shape = NetworkShape(
        interface=between.interface, hidden=(4,), activation="relu", shared_trunk=shared
    )

    about = describe_policy(
        small_spec("Probe/Endless-v0").environment, shape, between.coding, normalizes=False
    )

    ends = [(each.start, each.stop) for each in about.arrays.values()]
    assert [start for start, _ in ends] == [0, *(stop for _, stop in ends[:-1])]
    assert ends[-1][1] == shape.layout().size
    assert f"{about.network.trunk}.0.weight" in about.arrays
    assert (about.branches, about.normalization) == ([2], None)
    assert PolicyFile.model_validate_json(about.model_dump_json()) == about
