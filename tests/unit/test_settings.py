"""Settings: where they come from, what is refused, and what is kept private."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from matinee import settings as settings_module
from matinee.errors import InvalidInputError
from matinee.settings import (
    MIN_TOKEN_LENGTH,
    TOKEN_FILE,
    Settings,
    access_token,
    prepare_data_dir,
    read_settings,
    runtime_dir,
    socket_dir,
)


def mode(path: Path) -> int:
    """The permission bits of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_flag_wins_over_a_variable_and_a_variable_over_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is said on the command line wins, then the environment, then the default."""
    assert Settings().port == 8000
    monkeypatch.setenv("MATINEE_PORT", "9000")
    assert Settings().port == 9000
    assert Settings(port=9001).port == 9001


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "-1"), ("PORT", "65536"), ("PORT", "http"), ("MAX_ACTIVE_RUNS", "0"),
     ("ORPHAN_GRACE_S", "nan"), ("INSECURE", "perhaps")],
)  # fmt: skip
def test_a_senseless_variable_is_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that means nothing stops the start instead of being ignored."""
    monkeypatch.setenv(f"MATINEE_{name}", value)

    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_allowed_hosts_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blanks and empty parts around the commas do not matter."""
    monkeypatch.setenv("MATINEE_ALLOWED_HOSTS", "gpu1:9000, https://rl.example.org,,")

    assert Settings().allowed_hosts == ("gpu1:9000", "https://rl.example.org")


@pytest.mark.parametrize("host", ["192.168.1.4", "::", "gpu1"])
def test_listening_beyond_this_machine_must_be_meant(host: str) -> None:
    """Another interface than loopback is refused, with the way out, unless it was asked for."""
    with pytest.raises(InvalidInputError) as refused:
        Settings(host=host).check_exposure()

    for way_out in ("--behind-proxy", "--tls-certificate", "--insecure", "ssh -L", host):
        assert way_out in str(refused.value)
    Settings(host=host, insecure=True).check_exposure()
    Settings(host=host, tls_certificate=Path("c.pem")).check_exposure()
    Settings(host=host, behind_proxy=True).check_exposure()


@pytest.mark.parametrize(
    ("certificate", "key", "wrong"),
    [
        (None, "key.pem", "--tls-key is of no use"),
        ("gone.pem", None, "gone.pem.*No such file"),
        ("nonsense.pem", "nonsense.pem", "no certificate with its key"),
        ("nonsense.pem", None, "left out"),
    ],
)
def test_what_is_no_certificate_stops_the_start(
    tmp_path: Path, certificate: str | None, key: str | None, wrong: str
) -> None:
    """A certificate or key that can't be served with is named, with what is wrong."""
    (tmp_path / "nonsense.pem").write_text("nonsense")
    settings = Settings(
        tls_certificate=tmp_path / certificate if certificate else None,
        tls_key=tmp_path / key if key else None,
    )

    with pytest.raises(InvalidInputError, match=wrong):
        settings.check_tls()


@pytest.mark.parametrize(
    "prefix",
    ["matinee", "/", "/matinee/", "/a//b", "/..", "/a/../b", "/a b", "/a?b", "/\xe4", '/"'],
)
def test_what_is_no_prefix_is_refused(prefix: str) -> None:
    """A prefix is a plain path: it becomes part of addresses, of a header and of the page."""
    with pytest.raises(ValidationError, match="path_prefix"):
        Settings(path_prefix=prefix)


@pytest.mark.parametrize("prefix", ["", "/matinee", "/lab/rl-1", "/~me/m.x"])
def test_a_plain_path_is_a_prefix(prefix: str) -> None:
    """Any number of plain names, or none."""
    assert Settings(path_prefix=prefix).path_prefix == prefix


def test_proxies_are_addresses_or_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Separated by commas; what is neither stops the start."""
    monkeypatch.setenv("MATINEE_PROXY_ADDRESSES", "10.0.0.1, 172.18.0.0/16,::1")
    assert [str(each) for each in Settings().proxy_addresses] == [
        "10.0.0.1/32",
        "172.18.0.0/16",
        "::1/128",
    ]

    monkeypatch.setenv("MATINEE_PROXY_ADDRESSES", "proxy")
    with pytest.raises(ValidationError, match="proxy_addresses"):
        Settings()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_loopback_needs_no_leave(host: str) -> None:
    """On loopback the server starts without further flags."""
    Settings(host=host).check_exposure()


def test_the_token_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """The first start makes a long token that only its owner can read; later ones find it."""
    settings = Settings(data_dir=tmp_path / "data")

    token = access_token(settings)

    assert access_token(settings) == token
    assert access_token(Settings(data_dir=tmp_path / "other")) != token
    assert len(token) >= 32
    assert mode(tmp_path / "data" / TOKEN_FILE) == 0o600
    assert mode(tmp_path / "data") == 0o700


def test_a_token_of_ones_own_is_used_and_not_written_down(tmp_path: Path) -> None:
    """MATINEE_TOKEN wins over the kept token and leaves no file."""
    settings = Settings.model_validate({"data_dir": tmp_path, "token": "a" * MIN_TOKEN_LENGTH})

    assert access_token(settings) == "a" * MIN_TOKEN_LENGTH
    assert not (tmp_path / TOKEN_FILE).exists()
    assert "aaaa" not in repr(settings)


def test_a_token_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    """A short token, or an emptied token file, stops the start."""
    short = Settings.model_validate({"data_dir": tmp_path, "token": "a" * (MIN_TOKEN_LENGTH - 1)})
    with pytest.raises(InvalidInputError, match=str(MIN_TOKEN_LENGTH)):
        access_token(short)

    (tmp_path / TOKEN_FILE).write_text("\n")
    with pytest.raises(InvalidInputError, match="safe token"):
        access_token(Settings(data_dir=tmp_path))


def test_two_that_make_a_token_agree(tmp_path: Path) -> None:
    """However many ask for the first token at the same moment, all get the same whole one."""
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(access_token, [Settings(data_dir=tmp_path)] * 40))

    assert len(tokens) == 1
    assert [path.name for path in tmp_path.iterdir()] == [TOKEN_FILE]


@pytest.mark.parametrize(
    ("flags", "field"), [({"port": 70_000}, "port"), ({"orphan_grace_s": 0.5}, "orphan_grace_s")]
)
def test_a_wrong_setting_is_named(flags: dict[str, Any], field: str) -> None:
    """What is wrong is told by name, with the value, as every other refusal is."""
    with pytest.raises(InvalidInputError, match="a setting is not valid") as refused:
        read_settings(**flags)

    (error,) = refused.value.fields
    assert error.loc == (field,)
    assert repr(flags[field]) in error.message


def test_the_data_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """A new data folder is closed to others; making it again changes nothing."""
    folder = tmp_path / "a" / "b"
    prepare_data_dir(folder)
    prepare_data_dir(folder)

    assert mode(folder) == 0o700


def test_the_socket_folder_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control sockets lie in a folder that others can't enter, whatever its mode was before."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "matinee").mkdir(mode=0o755)

    folder = runtime_dir()

    assert folder == tmp_path / "matinee"
    assert mode(folder) == 0o700


def test_without_a_runtime_folder_the_temporary_one_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system offers no runtime folder, each user gets one of their own."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert runtime_dir() == tmp_path / f"matinee-{os.getuid()}"


def test_a_socket_folder_that_is_a_link_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's link in place of the folder is not followed."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "matinee").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(InvalidInputError, match="XDG_RUNTIME_DIR"):
        runtime_dir()


def test_each_data_directory_has_sockets_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run and its copy in another data directory don't meet; the same directory is the same by
    whatever path, and its sockets are closed to others.
    """
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")

    folder = socket_dir(tmp_path / "a")

    assert folder == socket_dir(tmp_path / "link") == socket_dir(tmp_path / "a")
    assert folder != socket_dir(tmp_path / "b")
    assert folder.parent == tmp_path / "matinee"
    assert mode(folder) == 0o700


def test_a_disk_of_another_machine_is_refused_with_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records on a network file system would be damaged: the refusal says where to go instead."""
    monkeypatch.setattr(settings_module, "network_filesystem", lambda _: "nfs4")
    with pytest.raises(InvalidInputError, match=r"is on nfs4.*local disk"):
        prepare_data_dir(tmp_path / "data")
    assert not (tmp_path / "data").exists()
