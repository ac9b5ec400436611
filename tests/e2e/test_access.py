"""Who may come in: made, listed and revoked on the page; what others can then, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.watched_page import WatchedPage
from integration.live_server import LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]
WIDTHS_PX = (360, 1280, 2560)
CLIPBOARD = ("clipboard-read", "clipboard-write")


def access(page: Page) -> Locator:
    """The section of the settings."""
    return page.get_by_role("region", name="Access")


def row(page: Page, name: str) -> Locator:
    """One that works."""
    table = access(page).get_by_role("table", name="Tokens and links that work")
    return table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))


def make(server: LiveServer, name: str, role: str, **fields: Any) -> str:
    """A token of the API; its secret."""
    body = {"name": name, "role": role, **fields}
    answer = server.client.post("/api/v1/tokens", json=body)
    assert answer.is_success, answer.text
    secret: str = answer.json()["token"]
    return secret


def come_in(watched: WatchedPage, token: str) -> WatchedPage:
    """Log in as somebody who was given a token."""
    origin = {"Origin": watched.server.base_url}
    answer = watched.page.request.post(
        f"{watched.server.base_url}/login", data={"token": token}, headers=origin
    )
    assert answer.ok, answer.text()
    return watched


def status(server: LiveServer, token: str) -> int:
    """How the server answers somebody with it."""
    bearer = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{server.base_url}/api/v1/me", headers=bearer, timeout=30).status_code


def test_a_token_is_made_shown_once_used_and_revoked(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """Its secret works and is never shown again; whoever came in with it is out at once."""
    watched = new_page(live_server).log_in().open("/settings")
    page = watched.page
    page.context.grant_permissions([*CLIPBOARD], origin=live_server.base_url)
    section = access(page)
    expect(section).to_contain_text("admin")
    section.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog")
    make_it = dialog.get_by_role("button", name="Make the token")
    expect(make_it).to_be_disabled()
    dialog.get_by_role("textbox", name="Name").fill("lab bench")
    dialog.get_by_text("operator", exact=True).click()
    expect(dialog).to_contain_text("operator: looks on, starts, steers")
    dialog.get_by_role("combobox", name="Ends after").select_option("7 days")
    make_it.click()

    expect(dialog).to_contain_text("Copy it now: it will not be shown again.")
    copy = dialog.get_by_role("button", name="Copy the token")
    expect(copy).to_be_focused()
    # By accident nobody loses what is shown once.
    page.keyboard.press("Escape")
    page.mouse.click(5, 5)
    copy.click()
    secret = page.evaluate("() => navigator.clipboard.readText()")
    assert secret.startswith("mtn_")
    assert watched.accessibility_violations() == []
    dialog.get_by_role("button", name="I have copied it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert secret not in page.content()
    assert status(live_server, secret) == 200
    expect(row(page, "lab bench")).to_contain_text("operator")
    expect(row(page, "lab bench")).to_contain_text("from the browser")

    other = come_in(new_page(live_server, expected_status=401), secret).open_run(long_run)
    expect(other.button("Pause")).to_be_enabled()
    page.reload()
    expect(row(page, "lab bench")).to_contain_text("just now")
    expect(row(page, "lab bench")).to_contain_text("1 browser")
    page.get_by_role("button", name="Revoke lab bench").click()
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("1 browser is logged out at once")
    expect(asked).to_contain_text("Runs train on")
    asked.get_by_role("button", name="Keep it").click()
    assert status(live_server, secret) == 200
    page.get_by_role("button", name="Revoke lab bench").click()
    asked.get_by_role("button", name="Revoke it").click()
    expect(other.page.get_by_role("heading", name="You are not logged in")).to_be_visible()
    assert status(live_server, secret) == 401
    expect(row(page, "lab bench")).to_have_count(0)
    section.get_by_text(re.compile("^1 has ended|have ended")).click()
    expect(section).to_contain_text(re.compile("lab bench.*operator token, revoked"))


def test_a_link_lets_a_class_look_on_and_is_shown_large(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """Copied, and opened elsewhere by a viewer, who reads that only others can let people in."""
    watched = new_page(live_server).log_in().open("/settings")
    page = watched.page
    page.context.grant_permissions([*CLIPBOARD], origin=live_server.base_url)
    access(page).get_by_role("button", name="Share a link for a class").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox", name="Name")).to_have_value(re.compile("^class of "))
    dialog.get_by_role("textbox", name="Name").fill("lesson 3")
    dialog.get_by_role("combobox", name="Ends after").select_option("1 hour")
    dialog.get_by_role("button", name="Make the link").click()
    dialog.get_by_role("button", name="Copy the link").click()
    link = page.evaluate("() => navigator.clipboard.readText()")
    assert link.startswith(f"{live_server.base_url}/login?code=mtn_")
    expect(dialog).to_contain_text("127.0.0.1 is this machine alone.")
    dialog.get_by_role("button", name="Show it large").click()
    large = page.get_by_role("dialog", name="Watch along")
    expect(large.get_by_role("img", name="QR code of the link")).to_be_visible()
    expect(large).to_contain_text(link)
    for width in WIDTHS_PX:
        page.set_viewport_size({"width": width, "height": 900})
        assert watched.horizontal_overflow_px() == 0, f"{width} px"
    assert watched.accessibility_violations() == []
    page.keyboard.press("Escape")
    expect(large).to_have_count(0)
    dialog.get_by_role("button", name="I have copied it").click()

    viewer = new_page(live_server)
    viewer.page.goto(link)
    viewer.open("/settings")
    section = access(viewer.page)
    expect(section).to_contain_text("lesson 3")
    expect(section).to_contain_text("viewer: reads everything")
    expect(section).to_contain_text("Only an admin sees who may come in")
    expect(section.get_by_role("table")).to_have_count(0)
    for name, reason in (
        ("Share a link for a class", "Only an operator or an admin"),
        ("New token", "Only an admin can make tokens."),
    ):
        button = section.get_by_role("button", name=name)
        expect(button).to_have_attribute("aria-disabled", "true")
        expect(button).to_have_accessible_description(re.compile(reason))
    assert viewer.accessibility_violations() == []
    section.get_by_role("button", name="Log out").click()
    viewer.page.get_by_role("dialog").get_by_role("button", name="Log out").click()
    expect(viewer.page.get_by_role("heading", name="You are not logged in")).to_be_visible()
    answer = viewer.page.request.get(f"{live_server.base_url}/api/v1/me")
    assert answer.status == 401


def test_an_operator_shares_links_and_makes_no_tokens(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """With the keyboard alone: the link is made, the list is an admin's."""
    secret = make(live_server, "colleague", "operator")
    watched = come_in(new_page(live_server), secret).open("/settings")
    page = watched.page
    section = access(page)
    expect(section).to_contain_text("colleague")
    expect(section.get_by_role("button", name="New token")).to_have_attribute(
        "aria-disabled", "true"
    )
    section.get_by_role("button", name="Log out").focus()
    page.keyboard.press("Tab")
    expect(section.get_by_role("button", name="Share a link for a class")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_role("textbox", name="Name")
    expect(name).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("evening")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Copy the link")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="I have copied it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(section.get_by_role("button", name="Share a link for a class")).to_be_focused()
    items = live_server.client.get("/api/v1/tokens").json()["items"]
    made = next(item for item in items if item["name"] == "evening")
    assert (made["role"], made["created_by"]) == ("viewer", "colleague")


def test_a_list_that_does_not_come_has_a_way_on(live_server: LiveServer, new_page: NewPage) -> None:
    """With the server's words; afterwards everything is there."""
    make(live_server, "listed", "viewer")
    watched = new_page(live_server, expected_status=503).log_in()
    page = watched.page
    broken = {"status": 503, "json": {"detail": "tokens.json is damaged."}}
    page.route("**/api/v1/tokens", lambda route: route.fulfill(**broken))
    watched.open("/settings")
    expect(access(page).get_by_role("alert")).to_contain_text("tokens.json is damaged.")
    page.unroute("**/api/v1/tokens")
    access(page).get_by_role("button", name="Try again").click()
    expect(row(page, "listed")).to_contain_text("no use known")


def test_a_taken_name_is_told_at_its_field(live_server: LiveServer, new_page: NewPage) -> None:
    """Until another one is typed; nothing is made, and the dialog closes as any other."""
    make(live_server, "taken", "viewer")
    watched = new_page(live_server, expected_status=409).log_in().open("/settings")
    page = watched.page
    access(page).get_by_role("button", name="New token").click()
    name = page.get_by_role("dialog").get_by_role("textbox", name="Name")
    name.fill("Taken")
    name.press("Enter")
    expect(name).to_have_accessible_description(re.compile("there is a token 'taken' already"))
    name.fill("something else")
    expect(name).not_to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_who_comes_by_a_link_that_opens_nothing_is_told_why(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """Used up, or ended; a token that was revoked is told as that, too."""
    path = live_server.client.post("/api/v1/login-codes").json()["path"]
    new_page(live_server).page.goto(f"{live_server.base_url}{path}")
    stranger = new_page(live_server, expected_status=401)
    page = stranger.page
    page.goto(f"{live_server.base_url}{path}")
    expect(page.get_by_text("has been used up")).to_be_visible()
    page.goto(f"{live_server.base_url}/login?code=mtn_nobody")
    expect(page.get_by_text("it has ended, or a part of it is missing")).to_be_visible()
    assert stranger.accessibility_violations() == []

    secret = make(live_server, "short-lived", "viewer")
    token = live_server.client.get("/api/v1/tokens").json()["items"][0]["id"]
    live_server.client.delete(f"/api/v1/tokens/{token}").raise_for_status()
    page.get_by_label("Token", exact=True).fill(secret)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("the token was revoked")).to_be_visible()
