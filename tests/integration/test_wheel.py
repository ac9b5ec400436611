"""The built artefact, not the checkout: a wheel is built, installed apart, and serves the page."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 60
NOT_SOURCE = (".git", ".venv", "node_modules", "page", "dist", ".*cache*", "__pycache__")
ASSET = re.compile(r'(?:src|href)="(/[^"]+\.(?:js|css))"')


def link_or_copy(source: str, target: str) -> None:
    """The same file under another name; a copy where that is another file system."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the sources, by the build hook, with npm's packages copied."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*NOT_SOURCE), symlinks=True)
    # Not a link to the folder: should the hook install afresh, npm would empty the checkout's own.
    shutil.copytree(
        ROOT / "frontend" / "node_modules",
        source / "frontend" / "node_modules",
        symlinks=True,
        copy_function=link_or_copy,
    )
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps",
         "--no-build-isolation", "--wheel-dir", str(folder), str(source)],
        check=True,
        timeout=110,
    )  # fmt: skip
    (built,) = folder.glob("matinee-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment with the wheel in it; the other packages are borrowed."""
    scratch = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(scratch)], check=True)
    python = scratch / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps",
         "--no-index", str(wheel)],
        check=True,
    )  # fmt: skip
    (site_packages,) = scratch.glob("lib/python*/site-packages")
    # A path file adds the folder without reading the path files in it: the editable install of
    # this checkout stays unseen.
    (site_packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return scratch / "bin"


def test_the_wheel_carries_the_page_and_no_sources_of_it(wheel: Path) -> None:
    """The wheel has the built page and nothing that only building it needs."""
    names = zipfile.ZipFile(wheel).namelist()
    sources = [n for n in names if n.endswith((".ts", ".tsx")) or "node_modules" in n]

    assert "matinee/web/page/index.html" in names
    assert sources == []


def test_the_installed_wheel_serves_the_page(installed: Path, tmp_path: Path) -> None:
    """Installed apart from the checkout, the server starts, serves the page with its scripts."""
    server = subprocess.Popen(
        [installed / "matinee", "serve", "--port", "0", "--data-dir", str(tmp_path / "data")],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    try:
        assert server.stdout is not None
        announced = next(line for line in server.stdout if "http://" in line)
        (base_url,) = re.findall(r"http://[^/\s]+", announced)
        page = httpx.get(f"{base_url}/", timeout=START_TIMEOUT_S)
        assets = [httpx.get(f"{base_url}{path}") for path in ASSET.findall(page.text)]
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=START_TIMEOUT_S)

    assert page.status_code == httpx.codes.OK
    assert page.headers["content-type"].startswith("text/html")
    assert assets
    assert {asset.status_code for asset in assets} == {httpx.codes.OK}
    assert server.returncode == 0


def test_the_installed_package_is_the_wheel(installed: Path, tmp_path: Path) -> None:
    """What the test environment imports comes from the wheel, not from the checkout."""
    answer = subprocess.run(
        [installed / "python", "-c", "import matinee; print(matinee.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert Path(answer.stdout.strip()).is_relative_to(installed.parent)
