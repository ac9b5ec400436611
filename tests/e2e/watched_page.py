"""A browser page whose errors and failed requests are remembered, and what people do with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import ConsoleMessage, Locator, Page, Request, expect

from integration.live_server import LiveServer

PATIENCE_MS = 30_000
"""A busy machine takes its time; nothing waits longer than it must."""
AXE_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


@dataclass
class WatchedPage:
    """One page of a logged-in browser. Lives as long as its browser context."""

    page: Page
    server: LiveServer
    expected_status: int | None = None
    """Chromium reports every refused request as an error; a test may mean one to be refused."""
    _troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin to watch."""
        self.page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self._troubles.append(f"page error: {error}"))
        self.page.on("requestfailed", self._on_request_failed)

    @property
    def troubles(self) -> list[str]:
        """What went wrong and was not meant to."""
        expected = f"responded with a status of {self.expected_status} "
        return [trouble for trouble in self._troubles if expected not in trouble]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._troubles.append(f"console {message.type}: {message.text}")

    def _on_request_failed(self, request: Request) -> None:
        # A request that the page itself gives up, because its answer is not needed any more.
        if request.failure != "net::ERR_ABORTED":
            self._troubles.append(f"failed request: {request.url} {request.failure}")

    def log_in(self) -> WatchedPage:
        """Follow a fresh single-use link, as printed by the server."""
        answer = self.server.client.post("/api/v1/login-codes")
        assert answer.is_success, answer.text
        self.page.goto(f"{self.server.base_url}{answer.json()['path']}")
        return self

    def open(self, path: str) -> WatchedPage:
        """Go to an address of the page."""
        self.page.goto(f"{self.server.base_url}{path}")
        return self

    def open_run(self, run_id: str) -> WatchedPage:
        """Go to a run and wait for its controls."""
        self.open(f"/runs/{run_id}")
        expect(self.controls).to_be_visible()
        return self

    @property
    def header(self) -> Locator:
        """The face of a run: name, state, mode, figures."""
        return self.page.locator("header", has=self.page.get_by_role("heading", level=1))

    @property
    def controls(self) -> Locator:
        """The row of command buttons."""
        return self.page.get_by_role("group", name="Control of the run")

    def button(self, name: str) -> Locator:
        """One of the command buttons."""
        return self.controls.get_by_role("button", name=re.compile(f"^{name}"))

    def menu_item(self, name: str) -> Locator:
        """One of the run's rarer commands; opens their menu."""
        self.header.get_by_role("button", name="More").click()
        return self.page.get_by_role("menuitem", name=re.compile(f"^{name}"))

    def expect_state(self, word: str) -> None:
        """Wait until the header shows this state."""
        expect(self.page.locator("header [role=status]").first).to_have_text(word)

    def env_steps(self) -> int:
        """The exact number behind the first figure of the header."""
        exact = self.page.locator("dl > div", has_text="env steps").first.get_attribute("title")
        assert exact is not None
        return int(exact.replace(",", ""))

    def expect_more_steps_than(self, steps: int) -> None:
        """Wait until the header shows more env steps."""
        self.page.wait_for_function(
            """steps => {
              const figure = [...document.querySelectorAll("dl > div")]
                .find(each => each.textContent.startsWith("env steps"));
              return figure && Number(figure.title.replaceAll(",", "")) > steps;
            }""",
            arg=steps,
        )

    @property
    def return_chart(self) -> Locator:
        """The big chart."""
        return self.page.get_by_role("img", name=re.compile("^episode return:"))

    def hyperparameter(self, label: str) -> Locator:
        """One row of the panel."""
        return self.page.get_by_role("group", name=label, exact=True)

    def accessibility_violations(self) -> list[str]:
        """What axe finds on the page as it is now."""
        report = Axe().run(
            self.page, options={"runOnly": {"type": "tag", "values": list(AXE_RULES)}}
        )
        violations: list[dict[str, Any]] = report.response["violations"]
        return [
            f"{violation['id']}: {node['target']} {node.get('failureSummary', '')}"
            for violation in violations
            for node in violation["nodes"]
        ]

    def horizontal_overflow_px(self) -> int:
        """How far the page is wider than the window."""
        overflow: int = self.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return overflow
