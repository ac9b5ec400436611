"""How one preset is told by its difference to another."""

from __future__ import annotations

from copy import deepcopy

from matinee.environments.preset_definition import PPO, variant_of


def test_a_variant_differs_only_in_what_is_named() -> None:
    """Fields are replaced as a whole, hyperparameters one by one."""
    changed = variant_of(
        PPO, environment={"id": "Acrobot-v1"}, workers=3, hyperparameters={"epochs": 7, "gamma": 1}
    )

    assert changed == {
        **PPO,
        "environment": {"id": "Acrobot-v1"},
        "workers": 3,
        "hyperparameters": {**PPO["hyperparameters"], "epochs": 7, "gamma": 1},
    }


def test_a_variant_leaves_its_original_alone() -> None:
    """Several presets are told by the same one."""
    before = deepcopy(PPO)

    variant_of(PPO, hyperparameters={"epochs": 7})["hyperparameters"]["gamma"] = 0.5

    assert before == PPO
