"""The Docker image holds what the presets need."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

from matinee.environments.installation import PLUGINS

ROOT = Path(__file__).parents[3]
DEFAULT_EXTRAS = re.compile(r"^ARG EXTRAS=(\S+)$", re.MULTILINE)


def extras() -> dict[str, list[str]]:
    """By name, what each installs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return dict(project["optional-dependencies"])


def test_the_image_has_every_extra_unless_told_otherwise() -> None:
    """A read-only container can install nothing later, so by default no preset lacks a package."""
    found = DEFAULT_EXTRAS.search((ROOT / "Dockerfile").read_text())

    assert found is not None
    assert found[1] == "all"


def test_all_means_all() -> None:
    """The extra `all` leaves none of the others out, nor one that a hint names."""
    others = {name for name in extras() if name != "all"}

    assert extras()["all"] == [f"matinee[{','.join(sorted(others))}]"]
    assert {plugin.extra for plugin in PLUGINS} <= {f"matinee[{name}]" for name in others}


def test_compose_passes_the_extras_on() -> None:
    """Without a value of its own, so that the Dockerfile's holds where nobody sets one."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())

    assert "EXTRAS" in compose["services"]["matinee"]["build"]["args"]
