"""The presets as data: what each trains, with which settings, and what it shows.

Settings were chosen on seeds 1 to 5; what they reach is measured on others, from 101 up.
"""

from __future__ import annotations

from matinee.environments.preset_definition import PresetDefinition
from matinee.environments.preset_families.cartpole import CARTPOLE, NOTEBOOK
from matinee.environments.preset_families.control import CONTROL
from matinee.environments.preset_families.grids_and_pixels import GRIDS, PONG

DEFINITIONS: tuple[PresetDefinition, ...] = (*CARTPOLE, NOTEBOOK, *CONTROL, *GRIDS, PONG)
"""In the order of the new-run form; the first is its default."""
