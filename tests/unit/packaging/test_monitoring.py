"""Prometheus and Grafana ask for what the server offers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml
from prometheus_client.parser import text_string_to_metric_families

from matinee.contracts.run_state import RunState
from matinee.contracts.system import ServerFigures
from matinee.web.telemetry import WebTelemetry

MONITORING = Path(__file__).parents[3] / "monitoring"
COMPOSE = Path(__file__).parents[3] / "docker-compose.yml"
METRIC_NAME = re.compile(r"\bmatinee_\w+")


def exported_names() -> set[str]:
    """Every sample name that a server with some traffic exports."""
    telemetry = WebTelemetry()
    telemetry.observe_request(method="GET", route="/api/v1/runs", status=200, duration_s=0.01)
    telemetry.count_disconnect("slow")
    figures = ServerFigures(
        runs={RunState.RUNNING: 1},
        heartbeat_age_s=0.5,
        events_published=3,
        env_steps_per_second=1000.0,
        free_disk_bytes=10**9,
    )
    text = telemetry.render(figures).decode()
    return {
        sample.name for family in text_string_to_metric_families(text) for sample in family.samples
    }


def test_the_dashboard_draws_only_what_the_server_exports() -> None:
    """Every metric in a Grafana panel exists, by exactly this name."""
    dashboard = json.loads((MONITORING / "grafana/dashboards/matinee.json").read_text())
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in METRIC_NAME.findall(target["expr"])
    }

    assert asked
    assert asked - exported_names() == set()


def test_the_dashboard_finds_its_data_source() -> None:
    """The panels name the data source that is provisioned."""
    dashboard = json.loads((MONITORING / "grafana/dashboards/matinee.json").read_text())
    sources = yaml.safe_load(
        (MONITORING / "grafana/provisioning/datasources/prometheus.yml").read_text()
    )["datasources"]

    used = {target["datasource"]["uid"] for p in dashboard["panels"] for target in p["targets"]}

    assert used == {source["uid"] for source in sources}


def test_prometheus_may_reach_the_server() -> None:
    """The name and port that Prometheus scrapes are among the hosts the server answers to."""
    scrape = yaml.safe_load((MONITORING / "prometheus.yml").read_text())["scrape_configs"][0]
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    (target,) = scrape["static_configs"][0]["targets"]

    variables = dict(v.split("=", 1) for v in services["matinee"]["environment"] if "=" in v)
    allowed = variables["MATINEE_ALLOWED_HOSTS"].split(",")
    mounted = {f"/run/secrets/{name}" for name in services["prometheus"]["secrets"]}

    assert target in allowed
    assert scrape["authorization"]["credentials_file"] in mounted


def test_nothing_is_published_beyond_this_machine() -> None:
    """Every published port is bound to loopback: the server speaks plain HTTP."""
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    ports = [port for service in services.values() for port in service.get("ports", [])]

    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []
