"""The environment of child processes."""

from __future__ import annotations

import os

import pytest

from matinee.processes.child_environment import THREAD_VARIABLES, child_environment


def test_it_is_the_servers_without_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Foreign code finds everything that people set for it, but never the token."""
    monkeypatch.setenv("MATINEE_TOKEN", "a secret of the server")
    monkeypatch.setenv("MUJOCO_GL", "osmesa")

    environment = child_environment()

    assert "a secret of the server" not in environment.values()
    assert environment == {n: text for n, text in os.environ.items() if n != "MATINEE_TOKEN"}


def test_numerical_libraries_are_told_how_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the server was told: its children share the cores."""
    monkeypatch.setenv(THREAD_VARIABLES[0], "7")

    told = child_environment(library_threads=1)

    assert {told[name] for name in THREAD_VARIABLES} == {"1"}
    assert child_environment()[THREAD_VARIABLES[0]] == "7"
