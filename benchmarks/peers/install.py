"""Makes .venv-peers: what `make bench` compares with, installed beside the project and not into it.

It sees the project's own packages too (gymnasium, NumPy, PyTorch), so that all contenders run with
the same versions of them, and pip has little to fetch. What can't be installed is left out, and the
report says so.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from collections.abc import Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".venv-peers"
PYTHON = FOLDER / "bin" / "python"
CONSTRAINTS = Path(__file__).with_name("constraints.txt")

MODULES = {
    "stable_baselines3": "stable-baselines3",
    "sbx": "sbx-rl",
    "rejax": "rejax",
}
"""What is imported, and what pip calls it."""

PROFILER = "py-spy"

_ASK_TIMEOUT_S = 60.0
_INSTALL_TIMEOUT_S = 900.0
_FIND = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"


@cache
def found(module: str) -> bool:
    """Whether peers can import a module."""
    if not PYTHON.exists():
        return False
    asked = subprocess.run(
        [str(PYTHON), "-c", _FIND, module], check=False, timeout=_ASK_TIMEOUT_S, cwd=FOLDER
    )
    return asked.returncode == 0


@cache
def profiler() -> Path | None:
    """The program that samples stacks; None if it is not installed."""
    for folder in (FOLDER / "bin", Path(sys.executable).parent):
        if (folder / PROFILER).exists():
            return folder / PROFILER
    elsewhere = shutil.which(PROFILER)
    return Path(elsewhere) if elsewhere else None


def versions(packages: Sequence[str]) -> list[str]:
    """`name 1.2` of those that peers have."""
    if not PYTHON.exists():
        return []
    program = (
        "import importlib.metadata as m, sys\n"
        "have = {d.name.lower().replace('_', '-'): d.version for d in m.distributions()}\n"
        "print(*[f'{n} {have[n]}' for n in sys.argv[1:] if n in have], sep='\\n')"
    )
    asked = subprocess.run(
        [str(PYTHON), "-c", program, *packages],
        check=True,
        timeout=_ASK_TIMEOUT_S,
        capture_output=True,
        text=True,
    )
    return asked.stdout.split("\n")[:-1] if asked.stdout.strip() else []


def make_folder() -> None:
    """An environment of its own that finds the packages of the one that runs this."""
    venv.EnvBuilder(with_pip=False, symlinks=True).create(FOLDER)
    (packages,) = FOLDER.glob("lib/python*/site-packages")
    (packages / "project.pth").write_text(sysconfig.get_path("purelib") + "\n")


def main() -> int:
    """Install what is missing, a package at a time: one that fails keeps no other out."""
    if not PYTHON.exists():
        print("· .venv-peers, for what it is compared with", file=sys.stderr)
        make_folder()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    present = {package for module, package in MODULES.items() if found(module)}
    present |= {PROFILER} if profiler() else set()
    for requirement in project["dependency-groups"]["bench"]:
        package = requirement.partition(">")[0]
        if package in present:
            continue
        print(f"· {package}", file=sys.stderr)
        installed = subprocess.run(
            [
                str(PYTHON),
                "-m",
                "pip",
                "-qq",
                "--disable-pip-version-check",
                "install",
                requirement,
                "-c",
                str(ROOT / "constraints.txt"),
                "-c",
                str(CONSTRAINTS),
            ],
            check=False,
            timeout=_INSTALL_TIMEOUT_S,
        )
        if installed.returncode != 0:
            print(f"  {package} can't be installed here: it will be missing", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
