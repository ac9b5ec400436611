"""A preset as a base to lay a request over."""

from __future__ import annotations

from matinee.contracts.presets import Preset
from matinee.contracts.run_spec import merge_overrides, parse_run_spec


def test_a_preset_with_nothing_laid_over_it_is_its_own_spec() -> None:
    """The base holds what the preset says, not the defaults, and names the preset."""
    spec = parse_run_spec(
        {"environment": {"id": "CartPole-v1"}, "workers": 3, "hyperparameters": {"gamma": 0.9}}
    )
    preset = Preset(name="mine", title="Mine", summary="", teaches="", spec=spec)

    base = preset.as_base()

    assert base == {
        "preset": "mine",
        "environment": {"id": "CartPole-v1"},
        "workers": 3,
        "hyperparameters": {"gamma": 0.9},
    }
    assert parse_run_spec(merge_overrides(base, {})) == spec.model_copy(update={"preset": "mine"})
