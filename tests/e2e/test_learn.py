"""The theory: read with and without a run, from a phone to a wall, by links and by keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect

from e2e.watched_page import WatchedPage
from integration.live_server import LONG_RUN, LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]
CHAPTERS = 15
PLAYED_MS = 120_000
"""A player is a process of its own, which has to start on a busy machine."""


@pytest.fixture
def run_with_checkpoint(live_server: LiveServer) -> Iterator[str]:
    """A run that trains, whose weights can be played with."""
    run_id: str = live_server.create({**LONG_RUN, "name": "to be read about"}, wait=20)["id"]
    live_server.wait_for(run_id, "running")
    saved = live_server.client.post(
        f"/api/v1/runs/{run_id}/checkpoints", params={"wait": 20}, json={"pinned": True}
    )
    assert saved.json()["state"] == "applied", saved.text
    yield run_id
    live_server.command(run_id, "abort")


def widget(watched: WatchedPage, title: str) -> Locator:
    """Something to play with, by its title."""
    return watched.page.get_by_role("region", name=title, exact=True)


def test_without_a_run_it_says_so_and_starts_one(own_server: LiveServer, new_page: NewPage) -> None:
    """On an empty server numbers are called examples; one button gives the page its run."""
    watched = new_page(own_server).log_in()
    page = watched.page
    page.get_by_role("link", name="Read how it learns").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How it learns")
    expect(page.locator("article section[id] > h2")).to_have_count(CHAPTERS + 1)
    for title in ("A surprise at every step", "The limit is not the end", "How old gradients are"):
        expect(widget(watched, title).locator("[data-example]")).to_be_visible()
    expect(page.locator(".katex-error")).to_have_count(0)
    assert watched.accessibility_violations() == []

    page.get_by_role("button", name="Start CartPole").click()

    expect(page.get_by_role("combobox", name="Live numbers from")).to_have_value(
        re.compile("^cartpole-lesson")
    )
    page.wait_for_url(re.compile(r"/learn\?run=[0-9A-Z]{26}$"))
    expect(page.get_by_role("region", name="In your run").first).to_contain_text("discount")
    run_id = page.url.rsplit("=", 1)[1]
    own_server.command(run_id, "abort")


def test_widgets_show_an_episode_of_the_run(
    live_server: LiveServer, new_page: NewPage, run_with_checkpoint: str
) -> None:
    """The run plays an episode for the page; sliders, by keys, change what is worked out on it."""
    watched = new_page(live_server).log_in().open(f"/learn?run={run_with_checkpoint}#td-error")
    errors = widget(watched, "A surprise at every step")
    expect(errors).to_contain_text(
        "to be read about, played with its weights of step", timeout=PLAYED_MS
    )
    expect(errors.locator("[data-example]")).to_have_count(0)

    # At a fall nothing is expected any more: δ = 1 + γ·0 − V.
    worked_out = errors.locator(".katex annotation").last
    last_step = errors.get_by_role("slider", name="Step").get_attribute("aria-valuetext")
    expect(worked_out).to_contain_text(rf"\delta_{{{last_step}}} = 1 + 0.99 \cdot 0 - ")
    errors.get_by_role("slider", name="Step").press("Home")
    expect(worked_out).to_have_text(re.compile(r"^\\delta_\{0\} = 1 \+ 0\.99 \\cdot (?!0 )"))

    returns = widget(watched, "n, from TD to Monte Carlo")
    returns.get_by_role("slider", name="n", exact=True).press("Home")
    expect(returns).to_contain_text("One step: the TD target.")
    returns.get_by_role("slider", name="n", exact=True).press("End")
    expect(returns).to_contain_text("Monte Carlo. Nothing is guessed")

    limit = widget(watched, "The limit is not the end")
    expect(limit).to_contain_text("taken for the end")
    limit.get_by_role("switch", name="bootstrap at the limit").press("Space")
    expect(limit).to_contain_text("The state at the limit keeps its value")

    lag = widget(watched, "How old gradients are")
    expect(lag).to_contain_text(re.compile(r"to be read about, live.* worker.* is expected"))


def test_softmax_learns_by_hand(live_server: LiveServer, new_page: NewPage, long_run: str) -> None:
    """A step along advantage times score makes the chosen action exactly as likely as was said."""
    watched = new_page(live_server).log_in().open(f"/learn?run={long_run}#score-function")
    softmax = widget(watched, "Softmax and its score")
    words = softmax.locator("p", has_text="would move the probability")
    said = words.locator("strong").nth(1).inner_text()
    softmax.get_by_role("button", name="Take one step").click()
    expect(words.locator("strong").first).to_have_text(said)
    softmax.get_by_role("button", name="Begin again").click()
    expect(words.locator("strong").nth(1)).to_have_text(said)
    name = live_server.run(long_run)["name"]
    expect(widget(watched, "How undecided is it?")).to_contain_text(name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_width(
    live_server: LiveServer, new_page: NewPage, run_with_checkpoint: str, scheme: str
) -> None:
    """Nothing is wider than the window, equations scroll within themselves, axe finds nothing."""
    watched = new_page(live_server, color_scheme=scheme).log_in()
    watched.open(f"/learn?run={run_with_checkpoint}#td-error")
    expect(widget(watched, "A surprise at every step")).to_contain_text(
        "played with its weights", timeout=PLAYED_MS
    )
    for width in (360, 1280, 2560):
        watched.page.set_viewport_size({"width": width, "height": 800})
        expect(watched.page.get_by_role("navigation", name="Chapters")).to_be_visible()
        assert watched.horizontal_overflow_px() == 0, f"{width} px"
        if width < 2560:
            assert watched.accessibility_violations() == [], f"{width} px"
    wide = watched.page.get_by_role("group", name="Equation, scrolls sideways")
    expect(wide).to_have_count(0)
    watched.page.set_viewport_size({"width": 360, "height": 800})
    expect(wide.first).to_have_attribute("tabindex", "0")


def test_chapters_have_addresses_and_the_contents_follow(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """A deep link opens at its chapter; the contents follow; on a phone they are folded."""
    watched = new_page(live_server).log_in().open(f"/learn?run={long_run}#entropy")
    page = watched.page
    contents = page.get_by_role("navigation", name="Chapters")
    here = contents.locator("[aria-current=location]")
    expect(here).to_have_text(re.compile("Entropy$"))
    expect(page.get_by_role("heading", name=re.compile("Entropy$"))).to_be_in_viewport()
    contents.get_by_role("link", name="PPO").press("Enter")
    expect(here).to_have_text(re.compile("PPO$"))
    page.wait_for_url(re.compile("#ppo$"))

    page.set_viewport_size({"width": 360, "height": 740})
    folded = contents.get_by_role("button")
    folded.click()
    contents.get_by_role("link", name="Push and pull").click()
    expect(folded).to_have_text(re.compile("Push and pull"))
    expect(contents.get_by_role("link")).to_have_count(0)


def test_explanations_lead_to_their_chapter(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """What a setting means links to the theory of it, with the same run beside it, in a new tab."""
    watched = new_page(live_server).log_in().open_run(long_run)
    page = watched.page
    page.get_by_role("button", name="What is GAE lambda?").click()
    link = page.get_by_role("link", name=re.compile("The theory: Returns over n steps"))
    assert link.get_attribute("href") == f"/learn?run={long_run}#n-step"
    assert link.get_attribute("target") == "_blank"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Help and shortcuts").click()
    page.get_by_role("link", name=re.compile("How it learns")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How it learns")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_only_the_theory_loads_the_typesetter(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """The run page and the form fetch neither KaTeX nor its fonts nor the essay."""
    watched = new_page(live_server).log_in()
    fetched: list[str] = []
    watched.page.on("request", lambda request: fetched.append(request.url))
    watched.open_run(long_run).open("/runs/new")
    expect(watched.page.get_by_role("heading", level=1)).to_be_visible()
    heavy = re.compile(r"katex|typesetter|learn-page", re.IGNORECASE)
    assert [url for url in fetched if heavy.search(url)] == []
    watched.open("/learn")
    expect(watched.page.locator(".katex").first).to_be_visible()
    assert [url for url in fetched if heavy.search(url)] != []


def test_a_run_that_is_gone_leaves_the_text(live_server: LiveServer, new_page: NewPage) -> None:
    """An address with a run that is not there says so, and the essay is whole, with examples."""
    missing = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    watched = new_page(live_server, expected_status=404).log_in().open(f"/learn?run={missing}")
    expect(watched.page.get_by_role("alert")).to_contain_text("is not there")
    expect(watched.page.locator("article section[id] > h2")).to_have_count(CHAPTERS + 1)
    expect(widget(watched, "A surprise at every step").locator("[data-example]")).to_be_visible()
