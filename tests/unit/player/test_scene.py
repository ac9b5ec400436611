"""One environment that is played and looked at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fakes.played_runs import policy_files
from fakes.probe_environments import register_probes
from matinee.errors import EnvironmentBuildError
from matinee.player import scene as module
from matinee.player.scene import open_scene


def test_pictures_change_with_the_scene() -> None:
    """After a step another picture, of the same size; the natural speed is the environment's."""
    about, _ = policy_files()
    scene = open_scene(about, is_seen=True)

    scene.begin(1)
    first = scene.picture()
    for _ in range(5):
        scene.step(0)
    later = scene.picture()
    scene.close()

    assert first is not None
    assert later is not None
    assert first.shape == later.shape == (400, 600, 3)
    assert not np.array_equal(first, later)
    assert scene.steps_per_second == 50.0
    assert scene.why_unseen is None


def test_an_environment_without_pictures_is_played_all_the_same() -> None:
    """It says why there is none."""
    register_probes()
    about, _ = policy_files("Probe/Corridor-v0")
    scene = open_scene(about, is_seen=True)

    scene.begin(1)

    assert scene.picture() is None
    assert scene.why_unseen is not None
    assert scene.step(0).reward is not None


def test_what_fails_to_draw_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers go on, and the reason is told."""
    about, _ = policy_files()
    scene = open_scene(about, is_seen=True)
    scene.begin(1)

    def fail() -> None:
        raise RuntimeError("no screen")

    monkeypatch.setattr(scene._environment, "render", fail)  # type: ignore[attr-defined]

    assert scene.picture() is None
    assert scene.why_unseen is not None
    assert "no screen" in scene.why_unseen
    assert scene.step(0).reward == 1.0


def test_physics_are_those_of_the_policy_from_the_next_episode_on() -> None:
    """As in training: an episode keeps those that it began with."""
    about, _ = policy_files()
    scene = open_scene(
        about.model_copy(update={"environment_parameters": {"gravity": 3.0}}), is_seen=False
    )
    inner = scene._environment.unwrapped  # type: ignore[attr-defined]

    scene.begin(1)
    scene.change({"gravity": 20.0})
    during = inner.gravity
    scene.begin(None)

    assert (during, inner.gravity) == (3.0, 20.0)


def test_a_game_is_seen_as_the_network_sees_it() -> None:
    """In grey, the newest of the stacked pictures."""
    pytest.importorskip("ale_py")
    about, _ = policy_files(
        "ALE/Breakout-v5", kwargs={"img_height": 42, "img_width": 42}, convolution="a3c"
    )
    scene = open_scene(about, is_seen=True)

    seen = scene.begin(1)
    picture = scene.picture()
    scene.step(1)
    scene.close()

    assert picture is not None
    assert picture.shape == (42, 42, 3)
    np.testing.assert_array_equal(picture[:, :, 0], seen[-1])


def test_an_environment_that_is_not_installed_is_refused() -> None:
    """With its name."""
    about, _ = policy_files()

    with pytest.raises(EnvironmentBuildError, match="Nowhere-v0"):
        open_scene(about.model_copy(update={"environment_id": "Nowhere-v0"}), is_seen=True)


def test_drawing_needs_no_screen() -> None:
    """Without a display and without anybody's settings, what simulators look at is set."""
    code = (
        "import os; from matinee.player.scene import without_windows; without_windows(); "
        "print(os.environ['SDL_VIDEODRIVER'], os.environ.get('MUJOCO_GL'))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(Path(module.__file__).parents[2]), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert told == ["dummy", "egl" if sys.platform == "linux" else "None"]
