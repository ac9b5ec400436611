"""Presets with their measurements, as data: this module imports neither gymnasium nor torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

from pydantic import TypeAdapter

from matinee.contracts.presets import Preset, PresetMeasurement
from matinee.contracts.run_spec import parse_run_spec
from matinee.environments.preset_definitions import DEFINITIONS

MEASUREMENTS_FILE = "preset_measurements.json"
"""Beside this module; written by benchmarks/measure_presets.py."""


@cache
def presets() -> tuple[Preset, ...]:
    """All presets with their measurements; the first is the page's default."""
    measured = _measurements()
    return tuple(_with_measurement(each, measured) for each in _unmeasured())


def preset(name: str) -> Preset | None:
    """The preset of that name; None if there is none."""
    return next((each for each in presets() if each.name == name), None)


def _unmeasured() -> Iterator[Preset]:
    for entry in DEFINITIONS:
        yield Preset(
            name=entry.name,
            title=entry.title,
            summary=entry.summary,
            teaches=entry.teaches,
            spec=parse_run_spec({"preset": entry.name, **entry.document}),
        )


def _with_measurement(preset: Preset, measured: Mapping[str, PresetMeasurement]) -> Preset:
    """Figures of other settings than the present ones are not shown."""
    found = measured.get(preset.name)
    if found is None or found.spec_digest != preset.spec_digest:
        return preset
    return preset.model_copy(update={"measurement": found})


def _measurements() -> dict[str, PresetMeasurement]:
    text = resources.files(__package__).joinpath(MEASUREMENTS_FILE).read_bytes()
    return TypeAdapter(dict[str, PresetMeasurement]).validate_json(text)
