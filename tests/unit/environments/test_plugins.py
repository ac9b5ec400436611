"""Packages that register environments."""

from __future__ import annotations

import subprocess
import sys

import pytest

from matinee.environments import plugins
from matinee.environments.factory import registered_spec
from matinee.errors import EnvironmentBuildError

_CARTPOLE_ALONE = """
import sys
from matinee.environments.factory import registered_spec
registered_spec("CartPole-v1")
assert not {"ale_py", "minigrid"} & sys.modules.keys()
"""


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    """A run on CartPole pays for no plug-in."""
    subprocess.run([sys.executable, "-c", _CARTPOLE_ALONE], check=True, timeout=60)


@pytest.mark.parametrize(
    ("id_", "package"), [("ALE/Pong-v5", "ale_py"), ("MiniGrid-Empty-5x5-v0", "minigrid")]
)
def test_an_id_brings_in_its_package(id_: str, package: str) -> None:
    """And is registered then."""
    pytest.importorskip(package)

    assert registered_spec(id_).id == id_


def test_a_missing_package_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that a package of ours would have is not merely unknown."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(EnvironmentBuildError, match=r'pip install "matinee\[minigrid\]"'):
        registered_spec("MiniGrid-NoSuchTask-v0")


def test_a_broken_package_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told what is wrong with it."""

    def broken(name: str) -> None:
        if name == "ale_py":
            raise OSError("no such library")

    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    monkeypatch.setattr("importlib.import_module", broken)

    failures = plugins.load_all_plugins()
    assert failures.keys() == {"ale_py"}
    assert "OSError: no such library" in failures["ale_py"]
    with pytest.raises(EnvironmentBuildError, match="installed but can't be imported"):
        plugins.load_plugin_of("ALE/NoSuchGame-v5")
    plugins.load_plugin_of("CartPole-v1")
