"""The unit for systemd: it can be loaded, and it shuts the server in."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from matinee.bootstrap.service_notices import ALIVE_EVERY_S
from matinee.settings import Settings

UNIT = Path(__file__).parents[3] / "deploy" / "matinee.service"
OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"
WORST_EXPOSURE = 1.5
"""As `systemd-analyze security` counts, from 0 to 10; up to 2 it says OK."""
TIMEOUT_S = 60

ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(
    ANALYZE is None, reason="systemd-analyze is not installed (Debian: apt-get install systemd)"
)


def service() -> dict[str, list[str]]:
    """Every setting of the service, in order: some are given several times."""
    found: dict[str, list[str]] = {}
    section = UNIT.read_text().split("[Service]\n")[1].split("\n[Install]")[0]
    for line in section.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there."""
    text = UNIT.read_text().replace("/opt/matinee/bin/matinee", sys.executable)
    path = tmp_path / "matinee.service"
    path.write_text(text)
    return path


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What systemd says."""
    assert ANALYZE is not None
    return subprocess.run(
        [ANALYZE, *arguments], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )


@needs_systemd
def test_systemd_understands_it(unit: Path) -> None:
    """No setting is misspelt, unknown or in the wrong section."""
    done = analyze("verify", str(unit))
    complaints = [line for line in done.stderr.splitlines() if "matinee.service" in line]
    assert (done.returncode, complaints) == (0, [])


@needs_systemd
def test_it_is_shut_in(unit: Path) -> None:
    """The exposure is what the documents say, and stays as low."""
    done = analyze("security", "--offline=true", "--no-pager", str(unit))
    found = re.search(r"Overall exposure level for matinee\.service: ([0-9.]+)", done.stdout)
    assert found is not None, done.stdout + done.stderr
    assert float(found[1]) <= WORST_EXPOSURE
    (version,) = re.findall(r"^systemd (\d+)", analyze("--version").stdout)
    told = OPERATIONS.read_text()
    # Another version looks at other settings.
    if f"systemd {version})" in told:
        assert f"exposure of {found[1]}" in told


def test_the_defences_are_there() -> None:
    """Also where systemd is not installed: each by its name."""
    settings = service()
    demanded = {
        "User": "matinee",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "CapabilityBoundingSet": "",
        "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
        "IPAddressDeny": "any",
        "UMask": "0077",
    }
    assert {name: settings[name] for name in demanded} == {k: [v] for k, v in demanded.items()}
    assert settings["SystemCallFilter"] == ["@system-service", "~@privileged"]
    assert {"MemoryMax", "TasksMax", "LimitNOFILE"} <= settings.keys()


def test_it_fits_how_runs_live() -> None:
    """A stop signals the server alone, which has time to stop its runs; after a crash their sockets
    are found again; one run that is killed for want of memory ends no other.
    """
    settings = service()
    assert settings["KillMode"] == ["process"]
    assert settings["OOMPolicy"] == ["continue"]
    assert settings["RuntimeDirectoryPreserve"] == ["yes"]
    assert "XDG_RUNTIME_DIR=/run/matinee" in settings["Environment"]
    assert int(settings["TimeoutStopSec"][0]) >= 60
    assert int(settings["WatchdogSec"][0]) >= 10 * ALIVE_EVERY_S


def test_its_variables_are_settings() -> None:
    """Nothing is set that the server does not read."""
    mine = [v.split("=")[0] for v in service()["Environment"] if v.startswith("MATINEE_")]
    assert mine
    assert {name.removeprefix("MATINEE_").lower() for name in mine} <= Settings.model_fields.keys()


def test_it_is_a_unit_file() -> None:
    """Three sections, and a target that starts it with the machine."""
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(UNIT.read_text())
    assert parser.sections() == ["Unit", "Service", "Install"]
    assert parser["Install"]["WantedBy"] == "multi-user.target"
