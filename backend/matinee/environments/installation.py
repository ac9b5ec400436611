"""What is installed and what to install, without importing any of it: the server asks too."""

from __future__ import annotations

import hashlib
import importlib.util
import platform
import sys
from dataclasses import dataclass
from importlib import metadata

SNAPSHOT_EDITION = 4
"""Raised when a snapshot of the registry says more, or something else, than before."""

FINGERPRINTED_PACKAGES = (
    "matinee",
    "gymnasium",
    "torch",
    "numpy",
    "ale-py",
    "box2d",
    "box2d-py",
    "jax",
    "minigrid",
    "mujoco",
    "pygame",
    "pygame-ce",
)
"""Packages whose version changes what the registry holds or what can be built."""

_REQUIREMENTS = (
    ("gymnasium.envs.box2d", "Box2D", "matinee[box2d]", "gymnasium[box2d]"),
    ("gymnasium.envs.mujoco", "mujoco", "matinee[mujoco]", "gymnasium[mujoco]"),
    ("gymnasium.envs.phys2d", "jax", "gymnasium[jax]", "gymnasium[jax]"),
    ("gymnasium.envs.tabular", "jax", "gymnasium[jax]", "gymnasium[jax]"),
    ("gymnasium.envs.toy_text", "pygame", "gymnasium[toy-text]", "gymnasium"),
    ("gymnasium.envs.classic_control", "pygame", "gymnasium[classic-control]", "gymnasium"),
    ("ale_py", "ale_py", "matinee[atari]", "gymnasium ale-py"),
    ("minigrid", "minigrid", "matinee[minigrid]", "minigrid"),
)
"""Where environments are defined, the module that they need, what installs it, and what is enough
to step them where there is no Matinee."""


@dataclass(frozen=True)
class Plugin:
    """A package that registers environments when it is imported.

    Attributes:
        package: The module to import.
        prefixes: How the ids of its environments begin.
        extra: What installs it.
    """

    package: str
    prefixes: tuple[str, ...]
    extra: str


PLUGINS = (
    Plugin("ale_py", ("ALE/",), "matinee[atari]"),
    Plugin("minigrid", ("MiniGrid-", "BabyAI-"), "matinee[minigrid]"),
)


def installed_versions() -> dict[str, str]:
    """Version of each fingerprinted package that is installed, and of Python."""
    versions = {"python": platform.python_version(), "executable": sys.executable}
    for package in FINGERPRINTED_PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = ""
    return versions


def fingerprint() -> str:
    """Changes whenever a snapshot of the registry, taken before, may no longer be true."""
    versions = {"snapshot": str(SNAPSHOT_EDITION), **installed_versions()}
    text = "\n".join(f"{name}={version}" for name, version in versions.items())
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def install_hint(entry_point: object) -> str | None:
    """The command that installs what an environment needs, if we know it and it is missing.

    Args:
        entry_point: As registered: "module:Class" or a callable.
    """
    module = entry_point if isinstance(entry_point, str) else ""
    for prefix, needed, extra, _ in _REQUIREMENTS:
        if module.startswith(prefix):
            return _command(extra) if importlib.util.find_spec(needed) is None else None
    return None


def packages_elsewhere(entry_point: object) -> list[str]:
    """What pip installs to step an environment where there is no Matinee.

    Args:
        entry_point: As registered: "module:Class" or a callable.
    """
    module = entry_point if isinstance(entry_point, str) else ""
    rows = (packages for prefix, *_, packages in _REQUIREMENTS if module.startswith(prefix))
    return next(rows, "gymnasium").split()


def plugin_of(environment_id: str) -> Plugin | None:
    """The package that registers an environment of this name, whether it is installed or not."""
    return next((each for each in PLUGINS if environment_id.startswith(each.prefixes)), None)


def missing_plugin_hint(environment_id: str) -> str | None:
    """The command that installs the package which registers this environment, if it is missing."""
    plugin = plugin_of(environment_id)
    if plugin is None or importlib.util.find_spec(plugin.package) is not None:
        return None
    return _command(plugin.extra)


def _command(extra: str) -> str:
    return f'pip install "{extra}"'
