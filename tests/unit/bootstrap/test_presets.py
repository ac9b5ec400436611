"""The built-in presets behind the port."""

from __future__ import annotations

from matinee.bootstrap.presets import BuiltInPresets
from matinee.environments.catalogue import presets


def test_the_shelf_has_the_catalogue_in_its_order() -> None:
    """All presets of the catalogue are offered, in its order."""
    shelf = BuiltInPresets()

    assert list(shelf.all()) == list(presets())
    assert "cartpole-a3c" in [preset.name for preset in shelf.all()]


def test_a_preset_is_found_by_its_exact_name() -> None:
    """A name finds its preset; a near miss finds none."""
    shelf = BuiltInPresets()

    assert [shelf.find(preset.name) for preset in shelf.all()] == list(shelf.all())
    assert shelf.find("CartPole-A3C") is None
