"""What MuJoCo warns of."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.factory import build_vector


def test_warnings_leave_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """HalfCheetah's model uses something deprecated, which MuJoCo would write to a file."""
    monkeypatch.chdir(tmp_path)
    with caplog.at_level(logging.WARNING):
        build_vector(EnvironmentSpec(id="HalfCheetah-v5"), 1).close()

    assert not list(tmp_path.iterdir())
    assert "settotalmass" in caplog.text


def test_other_environments_do_not_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without MuJoCo everything else can be built."""
    monkeypatch.setitem(sys.modules, "mujoco", None)

    build_vector(EnvironmentSpec(id="CartPole-v1"), 1).close()
