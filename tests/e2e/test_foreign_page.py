"""A page of somebody else, in the browser of a person who is logged in."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, BrowserContext

from integration.live_server import FAST_RUN, LiveServer

pytestmark = pytest.mark.e2e

FIRST_WORD = """address => new Promise(resolve => {
    const socket = new WebSocket(address);
    socket.onmessage = message => resolve(JSON.parse(message.data).type);
    socket.onclose = () => resolve("closed");
})"""
ATTACK = """async ([base, body]) => {
    const address = base + "/api/v1/runs";
    const tries = [];
    for (const type of ["text/plain", "application/x-www-form-urlencoded"])
        tries.push(fetch(address, {method: "POST", mode: "no-cors", credentials: "include",
                                   headers: {"Content-Type": type}, body}));
    tries.push(fetch(address, {method: "POST", credentials: "include",
                               headers: {"Content-Type": "application/json"}, body}));
    tries.push(fetch(address, {credentials: "include"}).then(answer => answer.text()));
    navigator.sendBeacon(address, body);
    const outcomes = await Promise.allSettled(tries);
    return outcomes.map(outcome => outcome.value?.type ?? outcome.value ?? outcome.status);
}"""
FORM = """([base, body]) => {
    const frame = Object.assign(document.createElement("iframe"), {name: "answer"});
    const form = Object.assign(document.createElement("form"),
        {method: "POST", action: base + "/api/v1/runs", enctype: "text/plain", target: "answer"});
    form.append(Object.assign(document.createElement("input"), {name: body}));
    document.body.append(frame, form);
    const answered = new Promise(resolve => frame.addEventListener("load", resolve));
    form.submit();
    return answered.then(() => null);
}"""


class _ForeignPage(BaseHTTPRequestHandler):
    """An empty page."""

    def do_GET(self) -> None:
        """Answer anything with it."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>somebody else</title>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class
        """Say nothing."""


@pytest.fixture
def foreign_port() -> Iterator[int]:
    """A server of somebody else on this machine: to a browser the same site, another port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _ForeignPage) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(10)


@pytest.fixture
def logged_in(browser: Browser, live_server: LiveServer) -> Iterator[BrowserContext]:
    """A browser that has followed a login link."""
    link = live_server.client.post("/api/v1/login-codes").json()["path"]
    with browser.new_context() as context:
        context.new_page().goto(live_server.base_url + link)
        yield context


def test_own_page_may_listen(logged_in: BrowserContext, live_server: LiveServer) -> None:
    """Cookie, Origin and content security policy let this server's own page open the stream."""
    stream = live_server.base_url.replace("http", "ws") + "/api/v1/stream"

    assert logged_in.pages[0].evaluate(FIRST_WORD, stream) == "hello"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_foreign_page_can_do_nothing(
    logged_in: BrowserContext, live_server: LiveServer, foreign_port: int, host: str
) -> None:
    """A page on another port, to which the browser gives our cookie, starts and reads nothing."""
    base = live_server.base_url
    page = logged_in.new_page()
    page.goto(f"http://{host}:{foreign_port}/")
    body = json.dumps({**FAST_RUN, "name": "by a foreign page"})

    outcomes = page.evaluate(ATTACK, [base, body])
    first_word = page.evaluate(FIRST_WORD, base.replace("http", "ws") + "/api/v1/stream")
    page.evaluate(FORM, [base, body])

    assert outcomes == ["rejected"] * 4
    assert first_word == "closed"
    found = live_server.client.get("/api/v1/runs", params={"q": "by a foreign page"}).json()
    assert found["items"] == []


def test_a_foreign_page_can_not_frame_ours(
    logged_in: BrowserContext, live_server: LiveServer, foreign_port: int
) -> None:
    """Our page does not load inside another page, so nobody is made to click on it unseen."""
    page = logged_in.new_page()
    page.goto(f"http://127.0.0.1:{foreign_port}/")
    page.evaluate(
        """address => new Promise(resolve => {
            const frame = document.createElement("iframe");
            frame.onload = resolve;
            frame.src = address;
            document.body.append(frame);
        }).then(() => null)""",
        live_server.base_url,
    )

    assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"]
