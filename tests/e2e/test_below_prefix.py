"""The whole page below a path of a host, behind the nginx configuration that we ship."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from e2e.watched_page import WatchedPage
from fakes.nginx import free_port, nginx_before, require_nginx
from integration.live_server import LiveServer


def test_everything_works_below_a_path(
    new_server: Callable[..., LiveServer], new_page: Callable[..., WatchedPage], tmp_path: Path
) -> None:
    """The link logs in, a run starts and is followed live, other pages open by a click and by
    their address, and every file comes from below the path.
    """
    require_nginx()
    ports = free_port(), free_port()
    origin = f"https://localhost:{ports[0]}"
    server = new_server(
        None, "--behind-proxy", "--path-prefix", "/matinee", MATINEE_ALLOWED_HOSTS=origin
    ).start()
    port = int(server.base_url.rpartition(":")[2])
    try:
        with nginx_before(port, tmp_path, site="below-prefix", ports=ports):
            page = new_page(server, ignore_https_errors=True).page
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))

            page.goto(origin + server.client.post("/api/v1/login-codes").json()["path"])
            page.get_by_role("button", name="Start CartPole").click()
            expect(page).to_have_url(re.compile(f"^{origin}/matinee/runs/"))
            expect(page.get_by_text("running", exact=True).first).to_be_visible()
            expect(page.get_by_text("live", exact=True).first).to_be_visible()
            page.get_by_role("link", name="Learn", exact=True).click()
            expect(page).to_have_url(re.compile(f"^{origin}/matinee/learn"))
            page.goto(f"{origin}/matinee/settings")
            expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
            page.wait_for_load_state("networkidle")
            # Before nginx goes: what the page still loaded would fail.
            page.context.close()
    finally:
        server.clean_up()

    assert {url for url in asked if not url.startswith((f"{origin}/matinee/", "data:"))} == set()
