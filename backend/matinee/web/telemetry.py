"""What the web layer counts about itself, for `/metrics`."""

from __future__ import annotations

import asyncio
import platform
from collections import Counter as Tally
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from matinee import __version__
from matinee.contracts.run_state import RunState
from matinee.contracts.system import CONTRACT_VERSION, RestartCause, ServerFigures

LOOP_SAMPLE_S = 0.5
DISCONNECT_CAUSES = ("client", "logged_out", "refused", "shutdown", "slow", "too_many")
"""Why a live stream ends."""
REFUSALS = ("flood", "frozen", "full", "late", "made_room", "malformed", "peer")
"""Why a connection is turned away or cut."""

_REQUEST_BUCKETS_S = (
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
)  # fmt: skip
"""OpenTelemetry's advice for `http.server.request.duration`."""

_COMMIT_BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)

_LAG_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class WebTelemetry:
    """Counters of one server; belongs to the event loop."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        Info("matinee_build", "Version of this server.", registry=self._registry).info(
            {
                "version": __version__,
                "contract_version": CONTRACT_VERSION,
                "python": platform.python_version(),
            }
        )
        self._requests = Histogram(
            "matinee_http_request_duration_seconds",
            "Time from a request's arrival to the end of its answer; streams not included.",
            ("method", "route", "status"),
            buckets=_REQUEST_BUCKETS_S,
            registry=self._registry,
        )
        self._streams = Gauge("matinee_ws_clients", "Open live streams.", registry=self._registry)
        self._disconnects = Counter(
            "matinee_ws_disconnects",
            "Live streams that ended, by cause.",
            ("reason",),
            registry=self._registry,
        )
        for cause in DISCONNECT_CAUSES:
            # From the first scrape on: a counter that begins with its first event has no rate.
            self._disconnects.labels(cause)
        self._refusals = Counter(
            "matinee_connections_refused",
            "Connections that were turned away or cut, by cause.",
            ("reason",),
            registry=self._registry,
        )
        for refusal in REFUSALS:
            self._refusals.labels(refusal)
        self._refused: Tally[str] = Tally()
        self._waiting = Gauge(
            "matinee_ws_send_queue_bytes",
            "Bytes that wait to be taken by their readers, of all connections together.",
            registry=self._registry,
        )
        self._commits = Histogram(
            "matinee_db_commit_duration_seconds",
            "Time from the first to the last statement of a write to catalogue.db, on disk then.",
            buckets=_COMMIT_BUCKETS_S,
            registry=self._registry,
        )
        self._loop_lag = Histogram(
            "matinee_event_loop_lag_seconds",
            "How much later than asked the event loop came back.",
            buckets=_LAG_BUCKETS_S,
            registry=self._registry,
        )
        self._open_streams = 0

    def observe_request(self, *, method: str, route: str, status: int, duration_s: float) -> None:
        """Count one answered request."""
        self._requests.labels(method, route, str(status)).observe(duration_s)

    @contextmanager
    def stream(self) -> Iterator[None]:
        """Count one live stream while it is open."""
        self._open_streams += 1
        self._streams.set(self._open_streams)
        try:
            yield
        finally:
            self._open_streams -= 1
            self._streams.set(self._open_streams)

    def count_disconnect(self, cause: str) -> None:
        """Count the end of a live stream."""
        self._disconnects.labels(cause).inc()

    def observe_refusals(self, refused: Iterable[tuple[str, int]]) -> None:
        """Causes, and how many connections were refused for each since the start."""
        for refusal, count in refused:
            self._refusals.labels(refusal).inc(count - self._refused[refusal])
            self._refused[refusal] = count

    def observe_commit(self, duration_s: float) -> None:
        """Count one write to the database; from any thread."""
        self._commits.observe(duration_s)

    def observe_waiting(self, waiting_bytes: int) -> None:
        """What waits to be sent now."""
        self._waiting.set(waiting_bytes)

    async def sample_loop_lag(self) -> None:
        """Measure for ever; to be cancelled at shutdown."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOP_SAMPLE_S
            await asyncio.sleep(LOOP_SAMPLE_S)
            self._loop_lag.observe(max(0.0, loop.time() - due))

    def render(self, figures: ServerFigures) -> bytes:
        """Everything in Prometheus' text format."""
        of_service = CollectorRegistry()
        of_service.register(_ServiceCollector(figures))
        return generate_latest(self._registry) + generate_latest(of_service)


class _ServiceCollector(Collector):
    """Turns one reading of the service into metrics."""

    def __init__(self, figures: ServerFigures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        runs = GaugeMetricFamily(
            "matinee_runs", "Runs by state, also ended ones.", labels=("state",)
        )
        for state in RunState:
            runs.add_metric((state,), self._figures.runs.get(state, 0))
        yield runs
        yield GaugeMetricFamily(
            "matinee_heartbeat_age_seconds",
            "Since the last sign of life of the active run that has been silent longest.",
            self._figures.heartbeat_age_s or 0.0,
        )
        yield CounterMetricFamily(
            "matinee_events_published",
            "Events read from run records and handed to live streams.",
            self._figures.events_published,
        )
        yield CounterMetricFamily(
            "matinee_points_written",
            "Finished episodes and summaries of metrics that runs have recorded.",
            self._figures.points_written,
        )
        yield GaugeMetricFamily(
            "matinee_env_steps_per_second",
            "Env steps per second of all active runs together.",
            self._figures.env_steps_per_second,
        )
        yield GaugeMetricFamily(
            "matinee_free_disk_bytes",
            "Free space where the runs are kept.",
            self._figures.free_disk_bytes,
        )
        restarts = CounterMetricFamily(
            "matinee_child_restarts",
            "Runs that were started again after their process had died, by what it died of.",
            labels=("reason",),
        )
        for cause in get_args(RestartCause):
            restarts.add_metric((cause,), self._figures.restarts.get(cause, 0))
        yield restarts
        yield GaugeMetricFamily(
            "matinee_runs_in_trouble",
            "Active runs that can't write their record or a checkpoint.",
            self._figures.runs_in_trouble,
        )
