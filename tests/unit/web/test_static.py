"""The page: files, addresses within it, and what to do if it is not built."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from fakes.credentials import BASE_URL
from matinee.web.app import create_app
from matinee.web.dependencies import PAGE_DIR, WebDependencies
from matinee.web.static import INDEX

pytestmark = pytest.mark.anyio

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def app(dependencies: WebDependencies) -> FastAPI:
    """The app with a page, and a secret just outside of it."""
    page = dependencies.page_dir
    (page / "assets").mkdir(parents=True)
    (page / INDEX).write_text("<title>Matinee</title>")
    (page / "assets" / "app-1a2b.js").write_text("let x = 1\n" * 500)
    (page.parent / "page-jewels.txt").write_text("crown jewels")
    return create_app(dependencies)


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that is not logged in."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=HTML) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/index.html", "/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/learn"])
async def test_every_address_of_the_page_gives_the_page(
    browser: httpx.AsyncClient, path: str
) -> None:
    """The index answers at the root and at every address that the page itself makes up."""
    response = await browser.get(path)

    assert response.status_code == 200
    assert response.text == "<title>Matinee</title>"
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["cache-control"] == "no-cache"


async def test_hashed_assets_are_kept_for_ever(browser: httpx.AsyncClient) -> None:
    """A file whose name has the hash of its content is never asked for again, and is packed."""
    response = await browser.get("/assets/app-1a2b.js", headers={"Accept-Encoding": "gzip"})

    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-encoding"] == "gzip"
    assert "javascript" in response.headers["content-type"]
    assert response.text == "let x = 1\n" * 500


async def test_a_missing_file_is_not_the_page(browser: httpx.AsyncClient) -> None:
    """A script that does not exist is 404, or a stale page would run HTML as a script."""
    response = await browser.get("/assets/gone-9z9z.js", headers={"Accept": "*/*"})

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "/../page-jewels.txt",
        "/%2e%2e/page-jewels.txt",
        "/..%2fpage-jewels.txt",
        "/assets/../../page-jewels.txt",
        "/assets/%2e%2e/%2e%2e/page-jewels.txt",
        "//page-jewels.txt",
        "/..-jewels.txt",
        "/%00",
        "/" + "a" * 5000,
    ],
)
async def test_nothing_outside_the_page_is_served(listening: str, path: str) -> None:
    """No spelling of a path leaves the folder of the page; sent as it is, not tidied up."""
    host = listening.removeprefix("http://")
    reader, writer = await asyncio.open_connection(*host.split(":"))
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    writer.write(request.encode())
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()

    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"crown jewels" not in answer


async def test_a_link_out_of_the_page_is_not_followed(
    browser: httpx.AsyncClient, dependencies: WebDependencies
) -> None:
    """A symbolic link in the folder that leads out of it serves nothing."""
    target: Path = dependencies.page_dir.parent / "page-jewels.txt"
    (dependencies.page_dir / "link.txt").symlink_to(target)

    response = await browser.get("/link.txt", headers={"Accept": "*/*"})

    assert response.status_code == 404


async def test_the_api_is_never_the_page(script: httpx.AsyncClient) -> None:
    """An unknown address under /api is 404 even for a browser."""
    response = await script.get("/api/v1/unknown", headers=HTML)

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.usefixtures("app")
async def test_an_unbuilt_page_says_how_to_build_it(dependencies: WebDependencies) -> None:
    """Without a built page the answer is a sentence for people, and the API works."""
    (dependencies.page_dir / INDEX).unlink()
    transport = httpx.ASGITransport(app=create_app(dependencies))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        page = await client.get("/", headers=HTML)
        health = await client.get("/livez")

    assert page.status_code == 503
    assert "make serve" in page.text
    assert page.headers["content-type"].startswith("text/plain")
    assert health.status_code == 200


def test_the_page_lies_in_the_package() -> None:
    """The default folder is where the wheel carries the page."""
    assert PAGE_DIR.parts[-3:] == ("matinee", "web", "page")
