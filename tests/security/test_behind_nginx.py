"""Behind a real nginx with the configuration that we ship: at the root, below a path, with TLS."""

from __future__ import annotations

import contextlib
import json
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from fakes.nginx import Nginx, Site, free_port, nginx_before, require_nginx
from fakes.records import NOW, SPEC, episodes
from integration.live_server import FAST_RUN, LiveServer, eventually
from matinee.contracts.identifiers import new_ulid
from matinee.journal.writer import JournalWriter
from matinee.runs.folders import RunDetails, RunFolders

PATIENCE_S = 40
EPISODES = 60_000


@dataclass(frozen=True)
class Shown:
    """A server and how a proxy shows it."""

    server: LiveServer
    nginx: Nginx
    prefix: str

    @property
    def url(self) -> str:
        """What people take for its address."""
        return self.nginx.origin + self.prefix

    @property
    def tls(self) -> ssl.SSLContext:
        """Trusts the throw-away key."""
        return ssl.create_default_context(cafile=self.nginx.certificate)

    def client(self, **options: Any) -> httpx.Client:
        """A client that comes through the proxy."""
        return httpx.Client(verify=self.tls, timeout=PATIENCE_S, **options)

    @contextlib.contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        """One that has followed a fresh login link."""
        with self.client() as browser:
            path = self.server.client.post("/api/v1/login-codes").json()["path"]
            answer = browser.get(self.nginx.origin + path)
            assert (answer.status_code, answer.headers["location"]) == (303, f"{self.prefix}/")
            yield browser

    def socket_options(self, headers: dict[str, str]) -> dict[str, Any]:
        """For a WebSocket."""
        secure = self.url.startswith("https")
        return {"additional_headers": headers, "ssl": self.tls if secure else None}


def _write_record(data_dir: Path) -> None:
    folder = RunFolders(data_dir).create(
        new_ulid(), spec=SPEC, details=RunDetails(name="long"), created_at=NOW, start=None
    )
    with JournalWriter(folder) as record:
        for first in range(0, EPISODES, 1000):
            record.append_episodes(
                episodes([float(first)] * 1000, first_step=10 * first + 1), updates=1
            )
            record.commit()


@pytest.fixture(
    scope="module",
    params=[("at-root", True), ("below-prefix", True), ("at-root", False)],
    ids=["TLS at the root", "TLS below a path", "plain at the root"],
)
def shown(
    request: pytest.FixtureRequest,
    new_server: Callable[..., LiveServer],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shown]:
    """A server behind each of the sites."""
    require_nginx()
    site: Site
    site, with_tls = request.param
    ports = free_port(), free_port()
    prefix = "/matinee" if site == "below-prefix" else ""
    public = f"{'https' if with_tls else 'http'}://localhost:{ports[0]}"
    data_dir = tmp_path_factory.mktemp("data")
    _write_record(data_dir)
    server = new_server(
        data_dir, "--behind-proxy", "--path-prefix", prefix, MATINEE_ALLOWED_HOSTS=public
    ).start()
    try:
        with nginx_before(
            int(server.base_url.rpartition(":")[2]),
            tmp_path_factory.mktemp("nginx"),
            site=site,
            ports=ports,
            with_tls=with_tls,
        ) as nginx:
            yield Shown(server, nginx, prefix)
    finally:
        server.clean_up()


@pytest.fixture(scope="module")
def run_id(shown: Shown) -> str:
    """A long record, of a run that nobody trains any more."""
    (run_id,) = (run["id"] for run in shown.server.client.get("/api/v1/runs").json()["items"])
    return str(run_id)


def test_the_printed_link_is_the_one_for_people(shown: Shown) -> None:
    """What the server prints at its start opens it through the proxy."""
    assert shown.server.login_url.startswith(f"{shown.url}/login?code=")
    with shown.client() as browser:
        assert browser.get(shown.server.login_url).headers["location"] == f"{shown.prefix}/"
        assert browser.get(f"{shown.url}/api/v1/me").json()["role"] == "admin"


def test_the_cookie_is_as_safe_as_the_way(shown: Shown) -> None:
    """Under TLS the cookie is Secure, with the strictest name that its path allows; without TLS it
    is neither, for a browser would not take it. It goes to this server's path alone.
    """
    with shown.browser() as browser:
        (cookie,) = browser.cookies.jar
        port = shown.server.base_url.rpartition(":")[2]
        secure = shown.url.startswith("https")
        start = ("__Secure-" if shown.prefix else "__Host-") if secure else ""

        assert cookie.name == f"{start}matinee_session_{port}"
        assert cookie.path == f"{shown.prefix}/"
        assert bool(cookie.secure) is secure
        assert not cookie.domain_specified
        assert all(cookie.has_nonstandard_attr(name) for name in ("HttpOnly", "SameSite"))


def test_the_api_is_used_with_the_cookie(shown: Shown, run_id: str) -> None:
    """A page reads, acts and logs out through the proxy."""
    with shown.browser() as browser:
        address = f"{shown.url}/api/v1/runs/{run_id}"
        origin = {"Origin": shown.nginx.origin}
        read = browser.get(address)
        named = browser.patch(
            address, json={"name": "behind"}, headers=origin | {"If-Match": read.headers["etag"]}
        )
        left = browser.post(f"{shown.url}/logout", headers=origin)
        after = browser.get(address)

    assert (read.status_code, named.status_code, left.status_code) == (200, 200, 204)
    assert named.json()["name"] == "behind"
    assert after.status_code == 401


def test_events_come_over_the_websocket(shown: Shown, run_id: str) -> None:
    """A page's socket and a script's get every event through the proxy."""
    address = f"{shown.url.replace('http', 'ws', 1)}/api/v1/stream?run={run_id}&after=0"
    last = shown.server.run(run_id)["last_seq"]
    with shown.browser() as browser:
        (cookie,) = browser.cookies.jar
    page = {"Cookie": f"{cookie.name}={cookie.value}", "Origin": shown.nginx.origin}
    script = {"Authorization": f"Bearer {shown.server.token}"}

    for headers in (page, script):
        with connect(address, **shown.socket_options(headers)) as socket:
            seqs: list[int] = []
            while not seqs or seqs[-1] < last:
                frame = json.loads(socket.recv(PATIENCE_S))
                seqs += [event["seq"] for event in frame.get("events", [])]
        assert seqs == list(range(1, last + 1))


def test_events_come_as_they_happen_over_sse(shown: Shown, run_id: str) -> None:
    """Server-Sent Events are not collected by the proxy until there is more."""
    with (
        shown.client(headers={"Authorization": f"Bearer {shown.server.token}"}) as script,
        script.stream(
            "GET",
            f"{shown.url}/api/v1/stream",
            params={"run": run_id},
            headers={"Accept": "text/event-stream"},
        ) as answer,
    ):
        assert answer.status_code == 200
        lines = answer.iter_lines()
        first = next(line for line in lines if line.startswith("data:"))
        events = next(line for line in lines if '"type":"events"' in line)

    assert '"hello"' in first
    assert '"seq":1,' in events


def test_a_big_download_comes_whole(shown: Shown, run_id: str) -> None:
    """Megabytes that the server makes while it sends them arrive as they are without a proxy."""
    path = f"/api/v1/runs/{run_id}/episodes.jsonl"
    direct = shown.server.client.get(path)
    with shown.client(headers=shown.server.client.headers) as script:
        proxied = script.get(shown.url + path)

    assert (direct.status_code, proxied.status_code) == (200, 200)
    assert len(direct.content) > 3_000_000
    assert proxied.content == direct.content


def test_what_an_answer_names_can_be_followed(shown: Shown) -> None:
    """The Location of a new run leads to it through the proxy, as it is."""
    spec = {**FAST_RUN, "start": False}
    with shown.client(headers=shown.server.client.headers) as script:
        made = script.post(f"{shown.url}/api/v1/runs", json=spec)
        found = script.get(shown.nginx.origin + made.headers["location"])
        removed = script.delete(shown.nginx.origin + made.headers["location"])

    assert (made.status_code, found.status_code, removed.status_code) == (201, 200, 204)
    assert found.json()["id"] == made.json()["id"]


@pytest.mark.parametrize("path", ["/livez", "/", "/api/v1/runs", "/login?code=x"])
def test_foreign_names_are_refused(shown: Shown, path: str) -> None:
    """A name that leads to the proxy and is not the server's reaches nothing, also with the token;
    and what somebody says of forwarded hosts changes nothing.
    """
    port = shown.nginx.origin.rpartition(":")[2]
    bearer = {"Authorization": f"Bearer {shown.server.token}"}
    with shown.client(headers=bearer) as client:
        for host in ("evil.com", f"evil.com:{port}", "localhost", f"127.0.0.1:{port}"):
            answer = client.get(shown.url + path, headers={"Host": host})
            assert answer.status_code == 403, host
            assert answer.json()["code"] == "host_not_allowed"
        evil = {"X-Forwarded-Host": "evil.com", "Forwarded": "host=evil.com;proto=http"}
        assert client.get(shown.url + path, headers=evil).status_code in {200, 303}


@pytest.mark.parametrize("origin", ["http://evil.com", "null", "direct", "other scheme"])
def test_foreign_pages_are_refused(shown: Shown, run_id: str, origin: str) -> None:
    """Only the page that the proxy shows acts: not one of the server's own port, or scheme."""
    if origin == "direct":
        origin = shown.server.base_url
    if origin == "other scheme":
        scheme, _, rest = shown.nginx.origin.partition("://")
        origin = f"{'http' if scheme == 'https' else 'https'}://{rest}"
    address = f"{shown.url}/api/v1/runs/{run_id}"
    with shown.browser() as browser:
        (cookie,) = browser.cookies.jar
        answer = browser.post(f"{address}/pause", headers={"Origin": origin})
    headers = {"Cookie": f"{cookie.name}={cookie.value}"}
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(
            f"{shown.url.replace('http', 'ws', 1)}/api/v1/stream",
            origin=Origin(origin),
            **shown.socket_options(headers),
        ),
    ):
        pass

    assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")
    assert refused.value.response.status_code == 403


def test_the_log_names_the_client_and_not_what_it_claims(shown: Shown) -> None:
    """The address in the log is the one that nginx saw, whatever the client wrote into headers; and
    of who comes without the proxy no header counts.
    """
    claims = {
        "X-Forwarded-For": "198.51.100.9",
        "X-Real-IP": "198.51.100.8",
        "Forwarded": "for=198.51.100.7",
    }
    with shown.client(headers=claims) as client:
        client.get(f"{shown.url}/api/v1/through-nginx")
    transport = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(transport=transport, headers=claims) as stranger:
        stranger.get(f"{shown.server.base_url}/api/v1/past-nginx")
    log = shown.server.data_dir / "server.log"

    def lines() -> dict[str, str] | None:
        found = {
            path: line
            for line in log.read_text().splitlines()
            for path in ("through-nginx", "past-nginx")
            if f"/api/v1/{path}" in line
        }
        return found if len(found) == 2 else None

    found = eventually(lines, what="lines in the log")
    assert "127.0.0.1" in found["through-nginx"]
    assert "127.0.0.2" in found["past-nginx"]
    assert "198.51.100" not in log.read_text()


def test_wrong_tokens_are_counted_by_client(shown: Shown) -> None:
    """Who tries tokens behind the proxy is stopped, however many addresses they make up."""
    with shown.client(headers={"Origin": shown.nginx.origin}) as client:
        statuses = [
            client.post(
                f"{shown.url}/login",
                json={"token": "wrong"},
                headers={"X-Forwarded-For": f"198.51.100.{number}"},
            ).status_code
            for number in range(8)
        ]

    assert statuses == [401] * 5 + [429] * 3


def test_a_socket_ends_with_its_reason(shown: Shown) -> None:
    """Close codes come through: a stranger's socket is told to log in."""
    with (
        pytest.raises(ConnectionClosed) as closed,
        connect(
            f"{shown.url.replace('http', 'ws', 1)}/api/v1/stream",
            origin=Origin(shown.nginx.origin),
            **shown.socket_options({}),
        ) as socket,
    ):
        socket.recv(PATIENCE_S)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


def test_without_tls_people_are_sent_to_it(shown: Shown) -> None:
    """Port 80 of the site at the root only says where it is encrypted."""
    if shown.prefix or not shown.url.startswith("https"):
        with contextlib.suppress(httpx.ConnectError), shown.client() as client:
            assert client.get(shown.nginx.plain_origin).status_code != 200
        return
    with shown.client() as client:
        answer = client.get(f"{shown.nginx.plain_origin}/runs?x=1")

    assert answer.status_code == 308
    assert answer.headers["location"] == "https://localhost/runs?x=1"


def test_the_page_names_its_files_below_the_path(shown: Shown) -> None:
    """The page, at whatever depth it is opened, and each file that it names come through."""
    with shown.client() as client:
        page = client.get(f"{shown.url}/runs/new", headers={"Accept": "text/html"})
        assert page.status_code == 200
        files = [
            part.split('"')[0]
            for attribute in ('src="', 'href="')
            for part in page.text.split(attribute)[1:]
        ]
        assert len(files) > 3
        for file in files:
            assert file.startswith(f"{shown.prefix}/"), file
            assert client.get(shown.nginx.origin + file).status_code == 200, file
