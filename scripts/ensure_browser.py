"""Sees to it that the browser tests have a Chromium that starts: looks, then tries to install one.

Ends with 0 where one starts. Where none can be had: 1 under `CI`, else 0 after saying what to
install; the browser tests then skip with the same advice.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from e2e.browser import INSTRUCTION, find_browser, launch

DOWNLOAD_LIMIT_S = 300
DRIVER_LIBRARY = "libatomic1"
"""What the Node.js in Playwright needs and slim systems lack."""
PLAYWRIGHT_INSTALL = [sys.executable, "-m", "playwright", "install", "chromium"]

APT_INSTALL = ["apt-get", "install", "-qq", "--yes", "--no-install-recommends"]


def working_browser() -> Path | None:
    """A Chromium that was found and has just been started, or None."""
    executable = None
    try:
        with sync_playwright() as playwright:
            executable = find_browser(playwright)
            if executable is not None:
                launch(playwright, executable).close()
            return executable
    except Error as error:
        print(f"· {executable} does not start: {error.message.splitlines()[0]}")
    except Exception as error:  # noqa: BLE001 - Playwright has no class for a driver that fails
        print(
            f"· Playwright does not start ({error}); on Debian and Ubuntu it needs {DRIVER_LIBRARY}"
        )
    return None


def ways_to_install() -> list[list[str]]:
    """Commands to try one after the other; those that change the system only as root."""
    root_with_apt = os.geteuid() == 0 and shutil.which("apt-get") is not None
    if not root_with_apt:
        return [PLAYWRIGHT_INSTALL]
    return [
        PLAYWRIGHT_INSTALL,
        ["apt-get", "update", "-qq"],
        [*APT_INSTALL, "chromium", DRIVER_LIBRARY],
        [*PLAYWRIGHT_INSTALL, "--with-deps"],
    ]


def install_one() -> Path | None:
    """Try each way until a browser starts."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ways_to_install():
        print(f"· trying: {' '.join(command)}", flush=True)
        try:
            subprocess.run(
                command,
                env=environment,
                timeout=DOWNLOAD_LIMIT_S,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=True,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            print(f"  did not work: {error}")
            continue
        executable = working_browser()
        if executable is not None:
            return executable
    return None


def main(stamp: str | None) -> int:
    """Find or install a browser; touch the stamp file when one starts."""
    executable = working_browser() or install_one()
    if executable is None:
        print(f"! {INSTRUCTION}", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    print(f"· browser tests use {executable}")
    if stamp is not None:
        Path(stamp).touch()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))
