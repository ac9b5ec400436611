"""What Lighthouse says about every page, logged in, with a run that trains.

    PYTHONPATH=tests python -m benchmarks.dashboard.lighthouse [--pages / /runs …]

Lighthouse comes from npm, once, into npm's own cache. Measure on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.dashboard.browser import NoBrowserError
from benchmarks.dashboard.measures import LESSON
from benchmarks.machine import describe_machine, load_per_core
from benchmarks.report import table
from benchmarks.served import Server, serving
from e2e.browser import FLAGS, INSTRUCTION, find_browser

PACKAGE = "lighthouse@12"
CATEGORIES = ("performance", "accessibility", "best-practices")
RUN = "/runs/{run}"
PAGES = ("/", "/runs", RUN, "/compare?runs={run}", "/learn", "/runs/new", "/settings")
FIGURES = {
    "first paint": "first-contentful-paint",
    "largest paint": "largest-contentful-paint",
    "blocked": "total-blocking-time",
    "speed index": "speed-index",
    "shift": "cumulative-layout-shift",
}
PRESET = "desktop"
TIMEOUT_S = 180.0


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def audit(address: str, debugging_port: int, folder: Path) -> dict[str, Any]:
    """Lighthouse's report of one page, in the running browser.

    Raises:
        subprocess.SubprocessError: it could not be made.
    """
    report = folder / "report.json"
    subprocess.run(
        [
            *("npx", "--yes", PACKAGE, address),
            *("--quiet", "--output=json", f"--output-path={report}"),
            *(f"--port={debugging_port}", "--disable-storage-reset", f"--preset={PRESET}"),
            f"--only-categories={','.join(CATEGORIES)}",
        ],
        check=True,
        timeout=TIMEOUT_S,
    )
    made: dict[str, Any] = json.loads(report.read_text())
    return made


def complaints(report: dict[str, Any]) -> list[str]:
    """What costs points in accessibility and best practices, and what the page's speed is."""
    found = []
    for category in CATEGORIES[1:]:
        for reference in report["categories"][category]["auditRefs"]:
            made = report["audits"][reference["id"]]
            if reference["weight"] > 0 and made["score"] is not None and made["score"] < 1:
                items = made.get("details", {}).get("items", [])
                found.append(f"{category}: {made['title']}: {json.dumps(items)[:400]}")
    return found


def _figure(report: dict[str, Any], name: str) -> str:
    return str(report["audits"][name]["displayValue"]).replace("\xa0", " ")


def _log_in(context: Any, server: Server) -> None:
    page = context.new_page()
    path = server.client.post("/login-codes").raise_for_status().json()["path"]
    page.goto(f"{server.address}{path}")
    page.get_by_role("heading", level=1).first.wait_for()


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit every page and print a table; 1 if anything costs points of the two exact ones."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pages", nargs="+", default=list(PAGES))
    options = parser.parse_args(arguments)
    print(f"{describe_machine()}; {PACKAGE}; load per core {load_per_core():.1f}\n", flush=True)
    print(table(f"| page | {' | '.join((*CATEGORIES, *FIGURES))} |", []), flush=True)
    costs: list[str] = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        executable = find_browser(playwright)
        if executable is None:
            raise NoBrowserError(INSTRUCTION)
        folder, port = Path(name), free_port()
        with serving(folder / "data") as server:
            context = playwright.chromium.launch_persistent_context(
                folder / "profile",
                executable_path=executable,
                args=[*FLAGS, f"--remote-debugging-port={port}"],
            )
            try:
                _log_in(context, server)
                run: dict[str, Any] | None = None
                for page in options.pages:
                    if "{run}" in page and run is None:
                        answer = server.client.post("/runs", json=dict(LESSON), params={"wait": 20})
                        run = answer.raise_for_status().json()
                    path = page.format(run=run["id"] if run else "")
                    report = audit(f"{server.address}{path}", port, folder)
                    scores = [
                        f"{100 * report['categories'][each]['score']:.0f}" for each in CATEGORIES
                    ]
                    figures = [_figure(report, each) for each in FIGURES.values()]
                    print(f"| `{page}` | {' | '.join(scores + figures)} |", flush=True)
                    costs += [f"{page}: {each}" for each in complaints(report)]
            finally:
                context.close()
    print("\n".join(["", *costs]))
    return 1 if costs else 0


if __name__ == "__main__":
    sys.exit(main())
