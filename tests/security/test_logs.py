"""What a real server writes down: no secret, and which request each line belongs to."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from integration.live_server import LiveServer

SECRET = "kq9-Zt_4xWbP" * 3
CHOSEN = "correct horse battery staple of ours"
ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture
def server(new_server: Callable[..., LiveServer], data_dir: Path) -> Iterator[LiveServer]:
    """One whose token was chosen by somebody, and looks like none of ours."""
    made = new_server(data_dir, MATINEE_TOKEN=CHOSEN)
    (data_dir / "token").write_text(CHOSEN)
    yield made.start()
    made.clean_up()


def send_raw(server: LiveServer, text: str) -> None:
    """Bytes that no client library would send."""
    host, port = server.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(text.encode())
        connection.recv(1000)


def provoke(server: LiveServer) -> list[httpx.Response]:
    """Secrets wherever a request has room for them, in requests that succeed, fail and break."""
    url, ours = server.base_url, f"mtn_{SECRET}"
    answers = [
        httpx.request(method, f"{url}{path}", headers=headers, content=body)
        for method, path in (
            ("GET", f"/api/v1/runs?token={SECRET}&q={ours}"),
            ("GET", f"/api/v1/runs/{ours}"),
            ("GET", f"/login?code={SECRET}"),
            ("POST", "/api/v1/runs"),
            ("POST", f"/api/v1/runs/{ULID}/stop?code={SECRET}"),
            ("POST", "/login"),
            ("GET", f"/{ours}/../../etc"),
        )
        for headers in (
            {"Authorization": f"Bearer {ours}"},
            {"Authorization": f"Bearer {CHOSEN}", "X-Odd": SECRET},
            {"Authorization": f"Basic {SECRET}", "Cookie": f"a={SECRET}"},
            {"Cookie": f"matinee_session_8000={SECRET}", "Origin": url},
            {"Authorization": f"Bearer {CHOSEN}", "Host": f"{SECRET}.example.org"},
        )
        for body in (json.dumps({"token": ours, "name": ours}), f'{{"token": "{SECRET}')
    ]
    send_raw(server, f"GET /?token={SECRET} HTTP/9.9\r\nCookie: a={SECRET}\r\n\r\n")
    send_raw(server, f"{SECRET}\r\n\r\n")
    for path in (f"/api/v1/stream?token={SECRET}", f"/api/v1/{ours}"):
        try:
            with connect(
                url.replace("http", "ws") + path,
                additional_headers={"Cookie": f"a={SECRET}", "Authorization": f"Bearer {ours}"},
            ) as socket_:
                socket_.close()
        except InvalidStatus:
            continue
    return answers


def test_no_secret_is_written_down(server: LiveServer, data_dir: Path) -> None:
    """Whatever is sent as header, cookie, address or body, wherever it fails: neither the log, the
    terminal, the audit trail nor a refusal has it.
    """
    answers = provoke(server)
    _, said = server.stop()

    log = (data_dir / "server.log").read_text()
    trail = (data_dir / "audit.jsonl").read_text()
    assert len({answer.status_code for answer in answers}) >= 5
    assert len(log.splitlines()) > len(answers)
    for text in (log, trail, said):
        assert SECRET not in text
        assert CHOSEN not in text
    assert all(CHOSEN not in answer.text for answer in answers)


def test_every_line_of_a_request_names_it(server: LiveServer, data_dir: Path) -> None:
    """The id in the answer's header, in a refusal and in the trail is that of the log's lines, so
    that somebody can find what happened.
    """
    made = server.client.post("/api/v1/tokens", json={"name": "lab", "role": "viewer"})
    refused = server.client.post("/api/v1/runs", json={"colour": "red"})
    trail = server.client.get("/api/v1/audit").json()["items"]
    server.stop()

    lines = [json.loads(x) for x in (data_dir / "server.log").read_text().splitlines()]
    by_request: dict[str, list[str]] = {}
    for line in lines:
        if "request_id" in line:
            by_request.setdefault(line["request_id"], []).append(line["event"])
    ids = [answer.headers["x-request-id"] for answer in (made, refused)]
    assert [sorted(by_request[each]) for each in ids] == [["request", "token_created"], ["request"]]
    assert refused.json()["request_id"] == ids[1]
    assert [entry["request_id"] for entry in trail] == ids[::-1]
    requests = [line for line in lines if line["event"] == "request"]
    assert all(re.fullmatch(r"[0-9A-Z]{26}", line["request_id"]) for line in requests)
    assert {(line["actor"], line["role"]) for line in requests} >= {("token", "admin")}
