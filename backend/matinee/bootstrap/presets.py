"""The built-in presets behind the port that the use cases know."""

from __future__ import annotations

from collections.abc import Sequence

from matinee.contracts.presets import Preset
from matinee.environments.catalogue import preset, presets


class BuiltInPresets:
    """The presets that come with Matinee."""

    def __init__(self) -> None:
        # Their file is read now, and not while somebody waits.
        presets()

    def all(self) -> Sequence[Preset]:
        """All presets; the first is the page's default."""
        return presets()

    def find(self, name: str) -> Preset | None:
        """One preset."""
        return preset(name)
