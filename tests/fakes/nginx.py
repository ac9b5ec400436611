"""A real nginx with the configuration that we ship, on free ports and with a throw-away key."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from integration.live_server import ROOT, eventually

SHIPPED = ROOT / "deploy" / "nginx"
ERRORS = "stderr.txt"
PATIENCE_S = 30
MISSING = "no nginx (and openssl, for its key) on the PATH: install both to test behind a proxy"

Site = Literal["at-root", "below-prefix"]

_MAIN = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/matinee/http.conf;
    include {folder}/site.conf;
}}
"""


@dataclass(frozen=True)
class Nginx:
    """Where it listens.

    Attributes:
        origin: What browsers take for the origin: `https://localhost:<port>`.
        plain_origin: The same without TLS.
        certificate: Whom to trust.
    """

    origin: str
    plain_origin: str
    certificate: Path


def free_port() -> int:
    """One that nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def require_nginx() -> None:
    """Without it tests fail in CI on Linux, and are skipped with advice elsewhere."""
    if shutil.which("nginx") and shutil.which("openssl"):
        return
    if os.environ.get("CI") and Path("/proc").exists():
        pytest.fail(MISSING)
    pytest.skip(MISSING)


@contextmanager
def nginx_before(
    port: int, folder: Path, *, site: Site, ports: tuple[int, int], with_tls: bool = True
) -> Iterator[Nginx]:
    """Run it before a server.

    Args:
        port: Of the server.
        folder: Empty, for configuration and logs.
        site: Which of the sites that we ship.
        ports: To listen on, with TLS and without.
        with_tls: False: the site without its lines about TLS.
    """
    certificate, key = make_certificate(folder)
    (folder / "matinee").mkdir()
    for name, changes in {
        "http.conf": {"127.0.0.1:8000": f"127.0.0.1:{port}"},
        "proxy.conf": {},
    }.items():
        (folder / "matinee" / name).write_text(_changed(SHIPPED / name, changes))
    tls, plain = ports
    changes = {
        "listen 443 ssl;": f"listen 127.0.0.1:{tls} ssl;",
        "rl.example.org;": "localhost;",
        "/etc/ssl/rl.example.org/fullchain.pem": str(certificate),
        "/etc/ssl/rl.example.org/privkey.pem": str(key),
        "include matinee/": f"include {folder}/matinee/",
    }
    if site == "at-root":
        changes |= {"listen 80;": f"listen 127.0.0.1:{plain};"}
    text = _changed(SHIPPED / f"{site}.conf", changes)
    if not with_tls:
        text = _without_tls(text, tls=tls)
    (folder / "site.conf").write_text(text)
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder))
    with (folder / ERRORS).open("w") as errors:
        process = subprocess.Popen(
            ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=errors
        )
    try:
        eventually(lambda: _answers(process, tls, folder), what="nginx")
        scheme = "https" if with_tls else "http"
        yield Nginx(f"{scheme}://localhost:{tls}", f"http://localhost:{plain}", certificate)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _answers(process: subprocess.Popen[bytes], port: int, folder: Path) -> bool:
    assert process.poll() is None, (folder / ERRORS).read_text()
    with socket.socket() as peer:
        return peer.connect_ex(("127.0.0.1", port)) == 0


def _changed(shipped: Path, changes: dict[str, str]) -> str:
    text = shipped.read_text()
    for old, new in changes.items():
        assert old in text, f"{shipped.name} has no {old!r}"
        text = text.replace(old, new)
    return text


def _without_tls(text: str, *, tls: int) -> str:
    """The last server alone, without what is about TLS."""
    last = text[text.rindex("\nserver {") :]
    return re.sub(r"\n *ssl_.*", "", last).replace(f":{tls} ssl;", f":{tls};")


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of its own for localhost, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout", str(key), "-out", str(certificate),
        ],
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
    )  # fmt: skip
    return certificate, key
