"""Named tokens at a real `matinee serve`: made, used, revoked, and never at rest."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from integration.live_server import LiveServer, child_environment, eventually, matinee_command
from matinee.storage.token_file import TOKENS_FILE

PATIENCE_S = 40


def matinee_token(server: LiveServer, *arguments: str) -> str:
    """What `matinee token …` prints beside the server."""
    done = subprocess.run(
        matinee_command("token", *arguments, "--data-dir", str(server.data_dir)),
        env=child_environment(runtime_dir=server.runtime_dir),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    return done.stdout.strip()


def bearer(secret: str) -> dict[str, str]:
    """The header."""
    return {"Authorization": f"Bearer {secret}"}


def test_the_terminal_gives_and_takes_access_beside_a_server(own_server: LiveServer) -> None:
    """A token that is made while a server runs opens it at once; when it is revoked its live socket
    closes with 4401, and requests are refused.
    """
    secret = matinee_token(own_server, "create", "lab", "--role", "viewer")
    url = own_server.base_url
    with connect(
        f"{url.replace('http', 'ws')}/api/v1/stream", additional_headers=bearer(secret)
    ) as socket:
        assert '"hello"' in str(socket.recv(PATIENCE_S))
        assert httpx.get(f"{url}/api/v1/runs", headers=bearer(secret)).status_code == 200
        assert httpx.post(f"{url}/api/v1/runs", headers=bearer(secret)).status_code == 403

        matinee_token(own_server, "revoke", "lab")

        refused = httpx.get(f"{url}/api/v1/runs", headers=bearer(secret))
        with pytest.raises(ConnectionClosed) as end:  # noqa: PT012 - whichever message it is
            while True:
                socket.recv(PATIENCE_S)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_revoked")
    assert end.value.rcvd is not None
    assert end.value.rcvd.code == 4401


def test_who_is_turned_away_shows_in_the_metrics(own_server: LiveServer) -> None:
    """A connection that does not speak HTTP is cut, and counted under its cause in `/metrics`."""
    address = (own_server.client.base_url.host, own_server.client.base_url.port or 0)
    with socket.create_connection(address, timeout=PATIENCE_S) as stranger:
        stranger.sendall(b"\x16\x03\x01 no HTTP at all\r\n\r\n")
        while stranger.recv(4096):
            pass

    root = own_server.base_url
    counted = 'matinee_connections_refused_total{reason="malformed"} 1.0'
    eventually(
        lambda: counted in own_server.client.get(f"{root}/metrics").text,
        what="the connection in the metrics",
    )


def test_no_secret_is_at_rest(own_server: LiveServer) -> None:
    """Tokens, links, cookies and codes are nowhere in the data folder, logs and write-ahead logs
    among it, after all of them were used.
    """
    url, origin = own_server.base_url, {"Origin": own_server.base_url}
    made = own_server.client.post("/api/v1/tokens", json={"name": "lab", "role": "operator"})
    link = own_server.client.post("/api/v1/login-codes", json={"name": "class", "role": "viewer"})
    code = own_server.client.post("/api/v1/login-codes")
    shared = matinee_token(own_server, "share", "other")
    secrets = [
        made.json()["token"],
        *(answer.json()["path"].partition("=")[2] for answer in (link, code)),
        shared.partition("=")[2],
    ]
    for secret in secrets:
        httpx.get(f"{url}/api/v1/me", headers=bearer(secret))
        for answer in (
            httpx.post(f"{url}/login", json={"token": secret}, headers=origin),
            httpx.get(f"{url}/login", params={"code": secret}),
        ):
            secrets += answer.cookies.values()
    assert len(secrets) == 4 + 4
    own_server.client.delete(f"/api/v1/tokens/{made.json()['details']['id']}")

    files = [path for path in own_server.data_dir.rglob("*") if path.is_file()]
    contents = {path.name: path.read_bytes() for path in files}
    assert {"server.log", "catalogue.db", "tokens.json"} <= contents.keys()
    assert b"token_created" in contents["server.log"]
    for secret in secrets:
        assert [name for name, content in contents.items() if secret.encode() in content] == []


def test_the_catalogue_may_go_and_nobodys_access_changes(own_server: LiveServer) -> None:
    """Without catalogue.db, which is only an index, named tokens work as before, revoked ones stay
    revoked, and only browsers must log in again.
    """
    good = matinee_token(own_server, "create", "good")
    ended = matinee_token(own_server, "create", "ended")
    matinee_token(own_server, "revoke", "ended")
    login = httpx.get(own_server.login_url)
    own_server.stop()
    for path in own_server.data_dir.glob("catalogue.db*"):
        path.unlink()
    own_server.start()

    def status(headers: dict[str, str]) -> int:
        return httpx.get(f"{own_server.base_url}/api/v1/me", headers=headers).status_code

    port = own_server.base_url.rpartition(":")[2]
    (cookie,) = login.cookies.values()
    assert [status(bearer(secret)) for secret in (good, ended)] == [200, 401]
    assert status({"Cookie": f"matinee_session_{port}={cookie}"}) == 401


def test_damaged_tokens_stop_the_start(own_server: LiveServer) -> None:
    """A server that can't tell who has access does not come up, says why, and leaves the file."""
    file: Path = own_server.data_dir / TOKENS_FILE
    own_server.stop()
    file.write_text("{")

    done = subprocess.run(
        matinee_command("serve", "--port", "0", "--data-dir", str(own_server.data_dir)),
        env=child_environment(runtime_dir=own_server.runtime_dir),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert done.returncode == 1
    assert "tokens.json is damaged" in done.stderr
    assert file.read_text() == "{"
