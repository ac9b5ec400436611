"""Settings of the server, from flags and `MATINEE_…` environment variables, read once.

A flag wins over a variable, a variable over the default.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import ssl
import stat
import tempfile
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import Field, IPvAnyNetwork, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from matinee.contracts.access import TOKEN_PREFIX
from matinee.contracts.validation import field_errors
from matinee.errors import InvalidInputError
from matinee.journal.filesystems import network_filesystem
from matinee.runs.ports import ServerLimits

TOKEN_FILE = "token"  # noqa: S105 - a file name
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
MIN_TOKEN_LENGTH = 16
_SOCKET_DIR_DIGITS = 6
"""Few: a socket's path has at most 103 bytes on macOS, where temporary folders have long names."""


def default_data_dir() -> Path:
    """Where this user's runs live unless told otherwise."""
    return Path(platformdirs.user_data_dir("matinee", appauthor=False))


class Settings(BaseSettings):
    """Everything about the server that can be set from outside."""

    model_config = SettingsConfigDict(env_prefix="MATINEE_", extra="ignore", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65_535, description="0: any free port.")
    data_dir: Path = Field(
        default_factory=default_data_dir, description="Runs, catalogue and token live here."
    )
    token: SecretStr | None = Field(
        default=None,
        description="The access token. Left out: made at the first start and kept in "
        "`<data dir>/token`.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Further names under which browsers may reach this server, separated by "
        "commas: `gpu1.example.org`, `gpu1:9000`, `https://rl.example.org`.",
    )
    insecure: bool = Field(
        default=False,
        description="Allow to listen beyond loopback without TLS: others on the network can "
        "then read the traffic.",
    )
    tls_certificate: Path | None = Field(
        default=None,
        description="Certificate in PEM, with those between it and its root: serve HTTPS.",
    )
    tls_key: Path | None = Field(
        default=None, description="Its private key in PEM, if that is another file."
    )
    behind_proxy: bool = Field(
        default=False,
        description="A reverse proxy ends TLS: what it says in X-Forwarded-For and "
        "X-Forwarded-Proto about its clients is believed.",
    )
    proxy_addresses: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = Field(
        default=(ip_network("127.0.0.1"), ip_network("::1")),
        description="Addresses or networks from which that proxy connects, separated by commas; "
        "the same headers from anywhere else are ignored.",
    )
    path_prefix: str = Field(
        default="",
        pattern=r"^(/[A-Za-z0-9_~.-]*[A-Za-z0-9_~-])*$",
        max_length=200,
        description="Path below which the proxy shows this server, such as `/matinee`.",
    )
    max_connections: int = Field(
        default=1000,
        ge=10,
        le=100_000,
        description="Network connections at the same time, WebSockets among them. When they are "
        "taken, idle ones are closed for new ones, and then new ones get 503.",
    )
    max_connections_per_peer: int = Field(
        default=200,
        ge=1,
        le=100_000,
        description="Of them, from one address. Not for 127.0.0.1, ::1 and the proxy, which stand "
        "for many people.",
    )
    max_streams: int = Field(
        default=500,
        ge=1,
        le=100_000,
        description="Live streams at the same time, over WebSockets and Server-Sent Events; "
        "further ones are refused.",
    )
    max_streams_per_token: int = Field(
        default=200,
        ge=1,
        le=100_000,
        description="Of them, with one named token or link, the sessions opened with it included.",
    )
    keep_runs: bool = Field(default=False, description="Leave runs training when the server stops.")
    max_runs: int = Field(
        default=10_000,
        ge=1,
        le=1_000_000,
        description="Runs on record, ended ones among them; further ones are refused until some "
        "are deleted.",
    )
    max_active_runs: int = Field(
        default=16, ge=1, le=1000, description="Runs at the same time; further ones wait."
    )
    max_queued_runs: int = Field(
        default=1000, ge=1, le=100_000, description="Runs that wait for a place."
    )
    max_workers_per_run: int = Field(default=64, ge=1, le=64, description="Threads of one run.")
    max_threads_per_run: int = Field(
        default=128, ge=1, le=1024, description="Threads of one run that compute."
    )
    max_parameters: int = Field(
        default=50_000_000, ge=1, description="Weights of one run's network."
    )
    max_memory_fraction: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Of the machine's memory, by an estimate without that of the environments: "
        "what one run may need.",
    )
    max_players: int = Field(
        default=8,
        ge=1,
        le=100,
        description="Processes that play a policy at the same time: for people who watch, and for "
        "episodes that are asked for.",
    )
    orphan_grace_s: float = Field(
        default=300.0,
        ge=1,
        le=86_400,
        description="A run that no server attends to for this long checkpoints and leaves.",
    )

    hang_after_s: float = Field(
        default=60.0,
        ge=2,
        le=3600,
        description="A run process that says nothing, or does nothing though it should, for this "
        "long has hung: it is ended, with the stacks of its threads in the reason. A run that is "
        "slow by nature gets ten times what it usually takes, and a start twice as long.",
    )

    @field_validator("allowed_hosts", "proxy_addresses", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def limits(self) -> ServerLimits:
        """What this server refuses to go beyond."""
        return ServerLimits(
            runs=self.max_runs,
            active_runs=self.max_active_runs,
            queued_runs=self.max_queued_runs,
            workers_per_run=self.max_workers_per_run,
            threads_per_run=self.max_threads_per_run,
            parameters=self.max_parameters,
            memory_fraction=self.max_memory_fraction,
            hang_after_s=self.hang_after_s,
        )

    def check_exposure(self) -> None:
        """Refuse to listen beyond this machine unless somebody said that it is meant.

        Raises:
            InvalidInputError: saying what to add.
        """
        is_meant = self.insecure or self.behind_proxy or self.tls_certificate is not None
        if self.host not in LOOPBACK_HOSTS and not is_meant:
            raise InvalidInputError(
                f"--host {self.host} can be reached from other machines, without encryption. "
                "Put a TLS proxy in front and add --behind-proxy (docs/deployment.md has one), or "
                "give --tls-certificate and --tls-key, or add --insecure if this network is yours "
                "alone (in a container: if only a local port is published). Or leave --host out "
                "and come by SSH: ssh -L 8000:127.0.0.1:8000"
            )

    def check_tls(self) -> None:
        """Refuse a certificate or key that can't be served with, in words.

        Raises:
            InvalidInputError: naming the file and what is wrong with it.
        """
        if self.tls_certificate is None:
            if self.tls_key is not None:
                raise InvalidInputError("--tls-key is of no use without --tls-certificate")
            return
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
                self.tls_certificate, self.tls_key
            )
        except OSError as error:
            # An `ssl.SSLError` is one, too.
            raise InvalidInputError(
                f"--tls-certificate {self.tls_certificate} and --tls-key "
                f"{self.tls_key or '(left out)'} are no certificate with its key in PEM: "
                f"{error.strerror or error}"
            ) from error


def prepare_data_dir(data_dir: Path) -> None:
    """Make the data directory for this user alone.

    Raises:
        InvalidInputError: it can't be made there, or is on a disk of another machine.
    """
    remote = network_filesystem(data_dir)
    if remote is not None:
        raise InvalidInputError(
            f"{data_dir} is on {remote}, a network file system: SQLite's log and file locks don't "
            "work there, and records would be damaged. Give --data-dir a folder on a local disk, "
            "such as /var/tmp/matinee, and copy finished runs over"
        )
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InvalidInputError(
            f"{data_dir} can't be the data directory: {error.strerror}; give another --data-dir"
        ) from error


def access_token(settings: Settings) -> str:
    """The token from the settings, else the kept one, else a new one that is kept.

    Raises:
        InvalidInputError: the token is too short to be safe.
    """
    if settings.token is not None:
        token, origin = settings.token.get_secret_value(), "MATINEE_TOKEN"
    else:
        prepare_data_dir(settings.data_dir)
        path = settings.data_dir / TOKEN_FILE
        if not path.exists():
            _keep_new_token(path)
        token, origin = path.read_text(encoding="utf-8", errors="replace").strip(), str(path)
    if len(token) < MIN_TOKEN_LENGTH or not token.isascii():
        raise InvalidInputError(
            f"{origin} is no safe token: at least {MIN_TOKEN_LENGTH} ASCII characters are needed, "
            "best from a password generator; without either, a new one is made and kept"
        )
    return token


def _keep_new_token(path: Path) -> None:
    """Whole, and once: another process may be making or reading it at the same time."""
    lock = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(TOKEN_PREFIX + secrets.token_urlsafe(24) + "\n")
            Path(aside).rename(path)
    finally:
        os.close(lock)


def runtime_dir() -> Path:
    """A short, private directory for control sockets (a socket's path has at most 107 bytes).

    Raises:
        InvalidInputError: somebody else made a directory of that name.
    """
    base = os.environ.get("XDG_RUNTIME_DIR")
    path = (
        Path(base) / "matinee"
        if base and Path(base).is_dir()
        else Path(tempfile.gettempdir()) / f"matinee-{os.getuid()}"
    )
    path.mkdir(mode=0o700, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise InvalidInputError(
            f"{path} belongs to somebody else; set XDG_RUNTIME_DIR to a directory of your own"
        )
    if stat.S_IMODE(status.st_mode) & 0o077:
        path.chmod(0o700)
    return path


def socket_dir(data_dir: Path) -> Path:
    """For the control sockets of one data directory.

    Not of several: a copy of a data directory has runs of the same ids, and the socket of the one
    would take the place of the other's.

    Raises:
        InvalidInputError: somebody else made a directory of that name.
    """
    which = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:_SOCKET_DIR_DIGITS]
    folder = runtime_dir() / which
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def read_settings(**flags: Any) -> Settings:
    """Settings from the environment, with the flags that were given (not None) over them.

    Raises:
        InvalidInputError: naming every wrong value and what is allowed.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise InvalidInputError(
            "a setting is not valid (flags, or MATINEE_… environment variables)",
            fields=field_errors(error),
            code="invalid_settings",
        ) from error
