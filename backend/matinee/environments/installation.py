"""What is installed and what to install, without importing any of it: the server asks too."""

from __future__ import annotations

import hashlib
import platform
import sys
from importlib import metadata

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

_MODULE_TO_EXTRA = (
    ("gymnasium.envs.box2d", "box2d"),
    ("gymnasium.envs.mujoco", "mujoco"),
    ("gymnasium.envs.phys2d", "jax"),
    ("gymnasium.envs.tabular", "jax"),
    ("gymnasium.envs.toy_text", "toy-text"),
    ("gymnasium.envs.classic_control", "classic-control"),
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
    text = "\n".join(f"{name}={version}" for name, version in installed_versions().items())
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def install_hint(entry_point: object) -> str | None:
    """The command that installs what an environment needs, if we know it.

    Args:
        entry_point: As registered: "module:Class" or a callable.
    """
    module = entry_point if isinstance(entry_point, str) else ""
    for prefix, extra in _MODULE_TO_EXTRA:
        if module.startswith(prefix):
            return f'pip install "gymnasium[{extra}]"'
    return None
