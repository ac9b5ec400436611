"""The compose file: every container is shut in, and Prometheus may only look."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from matinee.contracts.access import Role
from matinee.web.openapi import bare_app
from matinee.web.roles import needed_role

ROOT = Path(__file__).parents[3]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())[
    "services"
]
every_service = pytest.mark.parametrize("name", sorted(SERVICES))


@every_service
def test_nobody_is_root_or_can_become_it(name: str) -> None:
    """A user by number, no capabilities, and no program that gives any."""
    service = SERVICES[name]
    user, _, group = str(service["user"]).partition(":")
    assert int(user) > 0
    assert group.isdigit()
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert not any("docker.sock" in volume for volume in service["volumes"])


@every_service
def test_files_are_read_only(name: str) -> None:
    """But for a volume of its own and a small /tmp, in which nothing can be started; what is taken
    from the checkout can't be changed.
    """
    service = SERVICES[name]
    assert service["read_only"] is True
    (tmpfs,) = service["tmpfs"]
    path, _, options = tmpfs.partition(":")
    assert path == "/tmp"  # noqa: S108 - inside a container
    assert {"noexec", "nosuid", "nodev"} <= set(options.split(","))
    assert re.search(r"\bsize=\d+[mg]\b", options)
    mounted = [volume for volume in service["volumes"] if volume.startswith(".")]
    assert all(volume.endswith(":ro") for volume in mounted)


@every_service
def test_none_takes_the_machine(name: str) -> None:
    """Memory, processes and cores have a bound, which people can set for training."""
    service = SERVICES[name]
    assert re.search(r"\d+[mg]", str(service["mem_limit"]))
    assert 0 < service["pids_limit"] <= 4096
    assert "cpus" in service


@every_service
def test_each_says_whether_it_is_well(name: str) -> None:
    """Docker asks, with a bound on how long it waits."""
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries"} <= check.keys()


def test_the_server_is_the_user_of_the_image() -> None:
    """The volume belongs to this number."""
    assert f"USER {SERVICES['matinee']['user']}" in (ROOT / "Dockerfile").read_text()


def test_prometheus_may_only_look() -> None:
    """A viewer's token reads /metrics, and that is what people are told to give it."""
    (metrics,) = (r for r in bare_app().routes if getattr(r, "path", "") == "/metrics")
    assert needed_role(metrics) is Role.VIEWER
    for document in ("README.md", "docker-compose.yml"):
        text = (ROOT / document).read_text()
        assert "matinee token create prometheus" in text
        assert "matinee token >monitoring/token" not in text
        assert "--role" not in text.partition("token create prometheus")[2].partition("\n")[0]


def test_no_password_is_known_to_everybody() -> None:
    """Grafana's comes from a file that is not in the repository."""
    variables = SERVICES["grafana"]["environment"]
    file = variables["GF_SECURITY_ADMIN_PASSWORD__FILE"]
    assert file == f"/run/secrets/{SERVICES['grafana']['secrets'][0]}"
    assert "GF_SECURITY_ADMIN_PASSWORD" not in variables
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"/monitoring/token", "/monitoring/grafana_password"} <= set(ignored)
