"""A stretch that a run went back behind, on the wire."""

from __future__ import annotations

from matinee.contracts.stretches import Stretch


def test_a_stretch_has_both_ends_of_each_counter() -> None:
    """Whatever a chart has on its x axis, a stretch says where it begins and ends on it."""
    begins, ends = (
        {name.removeprefix(end) for name in Stretch.model_fields if name.startswith(end)}
        for end in ("from_", "until_")
    )
    assert begins == ends == {"seq", "episode", "env_step", "seconds", "update"}
