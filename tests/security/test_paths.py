"""No id and no path of a request leads outside the data folder, and no link inside it does.

Every route with an id is taken from the app itself. What the whole process opens meanwhile is seen
by an audit hook: not only what is answered counts.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import sysconfig
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from fakes.whole_server import PATIENCE_S, TOKEN, WholeServer, whole_server
from integration.live_server import FAST_RUN, ROOT
from matinee.contracts.identifiers import new_ulid
from matinee.web.openapi import bare_app

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

SECRET = "this must not be told"  # noqa: S105 - what nobody may read
REFUSED = {400, 404, 405, 422}

CORPUS = [
    "..", "../..", "../../secret.txt", "....//....//secret.txt", "..%2f..%2fsecret.txt",
    "%2e%2e", "%2e%2e%2f%2e%2e%2fsecret.txt", "%252e%252e%252fsecret.txt", "..%5c..%5csecret.txt",
    "..%c0%afsecret.txt", "%2fetc%2fpasswd", "/etc/passwd", "//etc/passwd", "file:%2f%2f%2fetc",
    "{id}%2f..%2f..%2f..%2fsecret.txt", "{id}%00", "{id}%00.json", "%00", "{id}%23", "#{id}",
    "{id}%20", "{id}.", "{id}%0a", "{lower}", "{id}x", "../data2/runs/{id}",
    "..%2f..%2fdata2%2fruns%2f{id}", "~", "$HOME", "*", "{id};x", "C:%5cwindows", "con", "",
]  # fmt: skip
"""What is put in the place of an id. `{id}` is one that exists, beside the data folder too."""

_AUDITED = frozenset(
    {
        "open", "os.listdir", "os.scandir", "os.rename", "os.remove", "os.mkdir", "os.rmdir",
        "os.link", "os.symlink", "os.truncate", "os.utime", "shutil.rmtree", "shutil.copyfile",
        "sqlite3.connect",
    }
)  # fmt: skip


class _Watch:
    """Which files this process touches; the hook can't be taken away, so it is switched."""

    def __init__(self) -> None:
        self.touched: list[str] | None = None

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.touched is not None and event in _AUDITED:
            for argument in arguments[:2]:
                if isinstance(argument, str | bytes | os.PathLike):
                    self.touched.append(os.fsdecode(argument))
                if event != "os.rename":
                    break


_WATCH = _Watch()
sys.addaudithook(_WATCH.hook)


@contextmanager
def touched_files() -> Iterator[list[str]]:
    """Everything that is opened, listed, moved or removed as long as this lasts."""
    _WATCH.touched = []
    try:
        yield _WATCH.touched
    finally:
        _WATCH.touched = None


def outside(paths: list[str], whole: WholeServer, *, runtime_dir: Path) -> set[str]:
    """Those that are neither the data folder's nor of Python, this checkout, or the system."""
    allowed: list[str | Path] = [
        whole.data_dir, runtime_dir, ROOT, sys.prefix, sys.base_prefix,
        sysconfig.get_path("stdlib"), "/dev", "/proc", "/sys", "/usr/share",
    ]  # fmt: skip
    roots = [str(Path(root).resolve()) + os.sep for root in allowed]

    def is_allowed(path: str) -> bool:
        name = path.removeprefix("file:").partition("?")[0]
        if os.sep not in name:
            # By a descriptor of a folder, or a buffer in memory.
            return name != ".."
        return f"{Path(name).resolve()}{os.sep}".startswith(tuple(roots))

    return {path for path in paths if not is_allowed(path)}


@pytest.fixture(scope="module")
async def whole(
    tmp_path_factory: pytest.TempPathFactory, runtime_dir: Path, environment_cache: Path
) -> AsyncIterator[WholeServer]:
    """A server in whose data folder one run has ended; secrets lie around it."""
    base = tmp_path_factory.mktemp("base")
    (base / "secret.txt").write_text(SECRET)
    data_dir = base / "data"
    data_dir.mkdir(mode=0o700)
    async with whole_server(
        data_dir, runtime_dir=runtime_dir, environment_cache=environment_cache
    ) as server:
        yield server


@pytest.fixture(scope="module")
async def run_id(whole: WholeServer) -> str:
    """It has a checkpoint and a film; a copy of it lies in a folder whose name begins alike."""
    made = await whole.client.post("/api/v1/runs", json={**FAST_RUN, "budget": {"env_steps": 2000}})
    run_id = str(made.raise_for_status().json()["id"])
    await whole.until(run_id, "finished")
    shutil.copytree(run_dir(whole, run_id), whole.data_dir.parent / "data2/runs" / run_id)
    return run_id


def run_dir(whole: WholeServer, run_id: str) -> Path:
    """Its folder."""
    return whole.data_dir / "runs" / run_id


def kept_files(whole: WholeServer, run_id: str) -> set[Path]:
    """Of a run, without those that SQLite makes and removes as it likes."""
    found = run_dir(whole, run_id).rglob("*")
    return {path for path in found if not path.name.endswith(("-wal", "-shm"))}


def places() -> list[tuple[str, str]]:
    """Method and path of every route with an id, with a place for what is tried.

    Other places of the same path have ids that are well made.
    """
    found: list[tuple[str, str]] = []
    for route in bare_app().routes:
        assert hasattr(route, "path")
        names = re.findall(r"\{(\w+)\}", route.path)
        for name in names:
            path = route.path.replace(f"{{{name}}}", "<here>")
            path = re.sub(r"\{\w+\}", "{id}", path)
            methods = route.methods if isinstance(route, APIRoute) else ["GET"]
            found.extend((method, path) for method in methods or ())
    return found


PLACES = places()


async def status_of(whole: WholeServer, method: str, path: str) -> tuple[int, bytes]:
    """Of a request whose path is sent as it is written here; no client tidies it."""
    host, _, port = whole.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = b"{}" if method in {"POST", "PATCH"} else b""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    writer.write(head.encode("utf-8") + body)
    async with asyncio.timeout(PATIENCE_S):
        answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1]), answer


def test_every_route_with_an_id_is_tried() -> None:
    """Also one that is new: the list is made of the app's own routes."""
    assert len(PLACES) > 45
    assert ("DELETE", "/api/v1/runs/<here>") in PLACES
    assert ("GET", "/api/v1/runs/{id}/recordings/<here>/download") in PLACES


@pytest.mark.parametrize(("method", "path"), PLACES)
async def test_no_id_leads_elsewhere(
    whole: WholeServer, run_id: str, runtime_dir: Path, method: str, path: str
) -> None:
    """Whatever stands in the place of an id is refused with 404 or 422, nothing is taken away, and
    nothing outside the data folder is looked at for it.
    """
    before = kept_files(whole, run_id)
    wrong = {}
    with touched_files() as touched:
        for attempt in CORPUS:
            filled = path.replace("<here>", attempt).format(id=run_id, lower=run_id.lower())
            status, answer = await status_of(whole, method, filled)
            if status not in REFUSED or SECRET.encode() in answer:
                wrong[filled] = answer[:200]

    # Without its id a path may be that of a list, which is read: no id is in it then.
    whole_paths = {
        path.replace("<here>", "").rstrip("/"),
        path.replace("<here>", "").rstrip("/") + "/",
    }
    assert {p for p in wrong if p.format(id=run_id) not in whole_paths} == set(), wrong
    assert outside(touched, whole, runtime_dir=runtime_dir) == set()
    assert before <= kept_files(whole, run_id)


@pytest.mark.parametrize("path", [f"/{attempt}" for attempt in CORPUS] + [
    "/assets/../../../secret.txt", "/assets/%2e%2e/%2e%2e/%2e%2e/secret.txt", "/assets//etc/passwd",
    "/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", "/assets/..%5c..%5csecret.txt",
])  # fmt: skip
async def test_files_of_the_page_are_of_the_page(
    whole: WholeServer, run_id: str, runtime_dir: Path, path: str
) -> None:
    """What is no route is a file of the page or nothing; nothing else is opened."""
    with touched_files() as touched:
        _, answer = await status_of(whole, "GET", path.format(id=run_id, lower=run_id.lower()))

    assert SECRET.encode() not in answer
    assert b"root:" not in answer
    assert outside(touched, whole, runtime_dir=runtime_dir) == set()


async def answers(whole: WholeServer, run_id: str, *paths: str) -> list[int]:
    """Statuses of these, below a run; a secret is in none of them."""
    found = []
    for path in paths:
        method, _, rest = path.partition(" ")
        answer = await whole.client.request(method, f"/api/v1/runs/{run_id}{rest}")
        assert SECRET not in answer.text
        found.append(answer.status_code)
    return found


async def test_a_run_that_is_a_link_is_none(
    whole: WholeServer, run_id: str, runtime_dir: Path
) -> None:
    """A folder of a run that is a link to one elsewhere is no run: it is not listed, read or
    deleted.
    """
    elsewhere = whole.data_dir.parent / "data2" / "runs" / run_id
    link = whole.data_dir / "runs" / (linked := new_ulid())
    link.symlink_to(elsewhere)
    with touched_files() as touched:
        statuses = await answers(
            whole, linked, "GET ", "GET /events", "GET /log.txt", "GET /episodes.csv",
            "POST /fork", "POST /start", "PATCH /hyperparameters", "DELETE ",
        )  # fmt: skip

    assert set(statuses) <= {404, 422}
    assert outside(touched, whole, runtime_dir=runtime_dir) == set()
    assert elsewhere.exists()
    link.unlink()


@pytest.mark.parametrize("what", ["folder", "manifest.json", "policy.json", "all of them"])
async def test_a_checkpoint_that_is_a_link_is_not_read(
    whole: WholeServer, run_id: str, runtime_dir: Path, what: str
) -> None:
    """A link in the place of a checkpoint, of a file of one, or of all is refused, with 409 as
    what is damaged; what it leads to is not opened.
    """
    checkpoints = run_dir(whole, run_id) / "checkpoints"
    listed = (await whole.client.get(f"/api/v1/runs/{run_id}/checkpoints")).json()["items"]
    name = listed[0]["id"]
    target = {"folder": checkpoints / name, "all of them": checkpoints}.get(
        what, checkpoints / name / what
    )
    aside = whole.data_dir.parent / "aside"
    shutil.move(target, aside)
    target.symlink_to(aside)
    try:
        with touched_files() as touched:
            statuses = await answers(
                whole, run_id, f"GET /checkpoints/{name}/settings",
                f"GET /checkpoints/{name}/download", f"GET /checkpoints/{name}/policy.onnx",
            )  # fmt: skip
    finally:
        target.unlink()
        shutil.move(aside, target)

    assert statuses[1:] == [409, 409]
    assert statuses[0] == (200 if what == "policy.json" else 409)
    assert outside(touched, whole, runtime_dir=runtime_dir) == set()
    assert set(await answers(whole, run_id, f"GET /checkpoints/{name}/download")) == {200}


async def test_a_log_or_film_that_is_a_link_is_not_sent(
    whole: WholeServer, run_id: str, runtime_dir: Path
) -> None:
    """A link in the place of a log or a film shows nobody what it leads to."""
    folder, secret = run_dir(whole, run_id), whole.data_dir.parent / "secret.txt"
    made = await whole.client.post(f"/api/v1/runs/{run_id}/recordings", json={"format": "webp"})
    film = folder / "recordings" / f"{made.raise_for_status().json()['id']}.webp"
    path = f"GET /recordings/{film.stem}/download"
    assert (await answers(whole, run_id, "GET /log", path)) == [200, 200]
    for file in (folder / "worker.log", film):
        file.unlink()
        file.symlink_to(secret)

    with touched_files() as touched:
        statuses = await answers(whole, run_id, "GET /log", "GET /log.txt", path)

    assert statuses == [503, 503, 404]
    assert outside(touched, whole, runtime_dir=runtime_dir) == set()
