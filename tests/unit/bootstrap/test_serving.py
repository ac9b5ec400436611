"""Listening: addresses, refusals, the link, and how signals end it."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import ssl
import weakref
import webbrowser
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.nginx import make_certificate
from matinee import spare_memory
from matinee.bootstrap import serving as module
from matinee.bootstrap.connection_places import ConnectionLimits
from matinee.bootstrap.data_dir_lock import lock_data_dir
from matinee.bootstrap.server import Server, build_server
from matinee.bootstrap.serving import (
    _Announcing,
    _connection_limits,
    _display_name,
    _listen,
    _public_url,
    run_server,
)
from matinee.errors import ConflictError, InvalidInputError
from matinee.settings import Settings

BASE_URL = "http://127.0.0.1:1234"


def settings(data_dir: Path, *, host: str = "127.0.0.1", port: int = 0) -> Settings:
    """A server of this folder, on any free port."""
    return Settings(data_dir=data_dir, host=host, port=port)


def announcing(server: Server, *, open_page: bool = False, **options: Any) -> _Announcing:
    """The listening side of a server, without its moving parts."""
    return _Announcing(
        server,
        ConnectionLimits(),
        base_url=BASE_URL,
        open_page=open_page,
        lifespan="off",
        **options,
    )


class Garbage:
    """May be waited for."""


@pytest.fixture
def server(data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server that is put together and not started."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime_dir))
    return build_server(settings(data_dir))


def test_a_taken_port_is_refused_with_advice(data_dir: Path) -> None:
    """The refusal names the address, the likely cause and two ways out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConflictError, match="--port 0") as refused:
            run_server(settings(data_dir, port=port), open_page=False, log_file=None)

    assert f"127.0.0.1:{port}" in str(refused.value)
    assert "already" in str(refused.value)


def test_a_data_folder_that_is_looked_after_is_refused(data_dir: Path) -> None:
    """A second server on one folder stops before it listens or writes a log."""
    with lock_data_dir(data_dir), pytest.raises(ConflictError, match="another Matinee server"):
        run_server(settings(data_dir), open_page=False, log_file=None)

    assert not (data_dir / "server.log").exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_both_kinds_of_address_are_listened_on(host: str) -> None:
    """IPv4 and IPv6 loopback both work, on any free port."""
    with _listen(host, 0) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection((host, port), timeout=10):
            pass


def test_a_name_that_leads_nowhere_is_refused() -> None:
    """An unknown host name is told as such, not as a traceback."""
    with pytest.raises(ConflictError, match=r"no-such-host\.invalid"):
        _listen("no-such-host.invalid", 0)


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("gpu1", "gpu1"),
     ("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1")],  # noqa: S104 - never bound
)  # fmt: skip
def test_the_link_can_be_clicked(host: str, shown: str) -> None:
    """The link names an address that a browser on this machine reaches."""
    assert _display_name(host) == shown


@pytest.mark.anyio
async def test_the_printed_link_logs_in_once(
    server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it listens it prints a link, opens it if asked, and the link logs one browser in."""
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    serving = announcing(server, open_page=True)
    serving.config.load()
    serving.lifespan = serving.config.lifespan_class(serving.config)
    with _listen("127.0.0.1", 0) as listener:
        await serving.startup([listener])
        try:
            link = capsys.readouterr().out.split("open:")[1].split()[0]
            assert opened == [link]
            path = link.removeprefix(BASE_URL)
            base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=base_url) as browser:
                first = await browser.get(path)
                second = await browser.get(path)
        finally:
            serving.servers[0].close()
            async with asyncio.timeout(10):
                await serving.shutdown([listener])

    assert "matinee" in first.headers["set-cookie"]
    assert "set-cookie" not in second.headers


@pytest.mark.anyio
async def test_memory_that_nobody_uses_goes_back(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a minute the server frees garbage in cycles and returns what its heap has to spare."""
    returned: list[int] = []
    cycle: list[object] = [Garbage()]
    cycle.append(cycle)
    gone = weakref.ref(cycle[0])
    del cycle
    monkeypatch.setattr(module, "return_spare_memory", lambda: returned.append(1))
    monkeypatch.setattr(spare_memory, "RETURN_EVERY_S", -1.0)
    serving = announcing(server)

    await serving.on_tick(1)
    await serving.on_tick(2)

    assert returned == [1, 1]
    assert gone() is None


@pytest.mark.parametrize(
    ("hosts", "behind_proxy", "public"),
    [
        (("gpu1", "https://rl.example.org", "http://other"), True, "https://rl.example.org"),
        (("gpu1",), True, None),
        (("https://rl.example.org",), False, None),
    ],
)
def test_behind_a_proxy_the_link_is_the_one_for_people(
    hosts: tuple[str, ...], behind_proxy: bool, public: str | None
) -> None:
    """The link has the address that the proxy is known by, where the settings tell it."""
    assert _public_url(Settings(allowed_hosts=hosts, behind_proxy=behind_proxy)) == public


def test_the_proxy_has_as_many_connections_as_it_needs() -> None:
    """Its address stands for all its clients; that of a proxy which was not told of does not."""
    told = Settings.model_validate(
        {"behind_proxy": True, "proxy_addresses": "172.18.0.0/16", "max_connections": 50}
    )

    assert _connection_limits(told).total == 50
    assert not _connection_limits(told).are_for("172.18.0.3")
    assert _connection_limits(told).are_for("192.0.2.1")
    assert _connection_limits(Settings(max_connections=50)).are_for("172.18.0.3")


@pytest.mark.anyio
async def test_a_certificate_is_served_with(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With certificate and key the server speaks TLS, and its cookie is Secure."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    certificate, key = make_certificate(tmp_path)
    serving = announcing(server, ssl_certfile=certificate, ssl_keyfile=key)
    serving.config.load()
    serving.lifespan = serving.config.lifespan_class(serving.config)
    with _listen("127.0.0.1", 0) as listener:
        await serving.startup([listener])
        path = capsys.readouterr().out.split("open:")[1].split()[0].removeprefix(BASE_URL)
        tls = ssl.create_default_context(cafile=certificate)
        base_url = f"https://localhost:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(verify=tls, base_url=base_url) as browser:
            login = await browser.get(path)
            me = await browser.get("/api/v1/me")
        serving.servers[0].close()
        async with asyncio.timeout(10):
            await serving.shutdown([listener])

    assert login.headers["set-cookie"].startswith("__Host-matinee_session_")
    assert me.status_code == 200


def test_the_first_signal_ends_in_order_and_the_second_in_a_hurry(server: Server) -> None:
    """One Ctrl-C lets runs write checkpoints and tells the streams; only a second one hurries."""
    hurried: list[bool] = []
    impatient = Server(server.app, server.dependencies, lambda: hurried.append(True))
    serving = announcing(impatient)

    serving.handle_exit(signal.SIGINT, None)
    assert (serving.should_exit, serving.force_exit, hurried) == (True, False, [])
    assert server.dependencies.closing.is_set()

    serving.handle_exit(signal.SIGINT, None)
    assert (serving.force_exit, hurried) == (True, [True])


def test_a_server_that_others_could_reach_must_be_meant(data_dir: Path) -> None:
    """Exposure is refused when the server is put together, whoever starts it."""
    with pytest.raises(InvalidInputError, match="--insecure"):
        build_server(settings(data_dir, host="0.0.0.0"))  # noqa: S104 - never bound
