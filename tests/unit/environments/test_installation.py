"""What is installed, told without importing it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from matinee.environments import installation

_PRINT_FINGERPRINT = """
import sys
from matinee.environments.installation import fingerprint
print(fingerprint())
assert not {"torch", "gymnasium"} & sys.modules.keys()
"""


def test_a_changed_version_changes_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a cached snapshot is taken anew."""
    before = installation.fingerprint()
    monkeypatch.setattr("importlib.metadata.version", lambda _: "99.9")

    assert installation.fingerprint() != before


def test_the_fingerprint_is_stable() -> None:
    """Across processes: it is no hash of this one."""
    other = subprocess.run(
        [sys.executable, "-c", _PRINT_FINGERPRINT],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert other.stdout.strip() == installation.fingerprint()


@pytest.mark.parametrize(
    ("entry_point", "extra"),
    [
        ("gymnasium.envs.box2d.lunar_lander:LunarLander", "box2d"),
        ("gymnasium.envs.mujoco.ant_v5:AntEnv", "mujoco"),
    ],
)
def test_known_environments_have_a_hint(
    entry_point: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command to type; none where that would change nothing."""
    assert installation.install_hint(entry_point) is None
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert installation.install_hint(entry_point) == f'pip install "matinee[{extra}]"'


def test_unknown_ones_have_none() -> None:
    """No guessing."""
    assert installation.install_hint("somebody.elses:Env") is None
    assert installation.install_hint(print) is None


@pytest.mark.parametrize(
    ("entry_point", "packages"),
    [
        ("gymnasium.envs.classic_control.cartpole:CartPoleEnv", ["gymnasium"]),
        ("gymnasium.envs.box2d.lunar_lander:LunarLander", ["gymnasium[box2d]"]),
        ("ale_py.env:AtariEnv", ["gymnasium", "ale-py"]),
        ("minigrid.envs:EmptyEnv", ["minigrid"]),
        (print, ["gymnasium"]),
    ],
)
def test_what_steps_an_environment_elsewhere_is_known(
    entry_point: object, packages: list[str]
) -> None:
    """Packages that have nothing of Matinee, and nothing that only draws."""
    assert installation.packages_elsewhere(entry_point) == packages
