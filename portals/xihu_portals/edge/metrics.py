"""/metrics for Prometheus, on a loopback port of its own: numbers of requests and of the platform.

Labels are route templates, statuses, and ids of datasets that are open to everybody; nothing that
a caller sent, no name, no number of a dataset that is not open.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Histogram, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from xihu_catalog.datasets.service import Entry, State
from xihu_catalog.quality.models import Load
from xihu_platform.database import transaction
from xihu_platform.identity.principal import ANONYMOUS
from xihu_platform.telemetry.logs import failure_facts
from xihu_portals.edge.observed import Answered
from xihu_portals.services import Services

log = logging.getLogger("xihu.metrics")
ADDRESS = "127.0.0.1"
KEPT_S = 30.0  # reading every dataset's newest snapshot is not for each scrape
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
STATES: tuple[State, ...] = ("live", "late", "broken")
Family = Callable[[], Iterable[Metric]]


class NodeMetrics:
    """The numbers of one serving process."""

    def __init__(self, services: Services) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "xihu_request_duration_seconds",
            "Requests by method, route template and status: number and time to the last byte",
            ("method", "route", "status"),
            registry=self.registry,
            buckets=BUCKETS,
        )
        self.registry.register(_Platform(services))
        self._server: tuple[WSGIServer, threading.Thread] | None = None

    def tell(self, ended: Answered) -> None:
        """Count one request."""
        status = "none" if ended.status is None else str(ended.status)
        self._requests.labels(ended.method, ended.route, status).observe(ended.seconds)

    def start(self, port: int) -> None:
        """Serve them on the loopback address. Raises OSError where the port is taken."""
        self._server = start_http_server(port, addr=ADDRESS, registry=self.registry)

    @property
    def port(self) -> int | None:
        return self._server[0].server_port if self._server else None

    def close(self) -> None:
        if self._server is not None:
            server, thread = self._server
            server.shutdown()
            server.server_close()
            thread.join()
            self._server = None


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was read of the catalogue, and when."""

    at: float
    entries: tuple[Entry, ...]


class _Platform(Collector):
    """What is read at the moment of the scrape. One part that fails leaves the others there."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._kept: _Kept | None = None

    def collect(self) -> Iterator[Metric]:
        parts: tuple[Family, ...] = (
            self._log,
            self._answers,
            self._streams,
            self._signins,
            self._datasets,
            self._loads,
        )
        failures = 0
        for part in parts:
            try:
                yield from part()
            except Exception as error:  # the server would print what is raised, values and all
                failures += 1
                log.warning(
                    "a metric cannot be read", extra=failure_facts(error, part=part.__name__)
                )
        yield GaugeMetricFamily("xihu_metrics_failed", "Parts that could not be read", failures)

    def describe(self) -> Iterator[Metric]:
        """Nothing: the registry would read everything to learn the names."""
        return iter(())

    def _log(self) -> Iterator[Metric]:
        waiting, oldest_s = self._services.log.waiting()
        yield GaugeMetricFamily(
            "xihu_log_waiting_entries", "Entries of the audit log that are not durable yet", waiting
        )
        yield GaugeMetricFamily(
            "xihu_log_oldest_waiting_seconds", "How long the oldest of them has waited", oldest_s
        )

    def _answers(self) -> Iterator[Metric]:
        answers = self._services.gateway.answers
        asked = CounterMetricFamily(
            "xihu_answer_cache_requests", "Answers looked for in the cache", labels=("result",)
        )
        asked.add_metric(("hit",), answers.hits)
        asked.add_metric(("miss",), answers.misses)
        yield asked

    def _streams(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "xihu_downloads_open", "Downloads under way", self._services.streams.open
        )

    def _signins(self) -> Iterator[Metric]:
        seen = CounterMetricFamily("xihu_signins", "Sign-ins seen through", labels=("portal",))
        for name, client in self._services.identity.clients.items():
            seen.add_metric((name,), client.signed_in)
        yield seen

    def _datasets(self) -> Iterator[Metric]:
        entries = self._entries()
        states = Counter(entry.heartbeat.state for entry in entries)
        number = GaugeMetricFamily(
            "xihu_datasets", "Datasets by state: live, late, broken", labels=("state",)
        )
        for state in STATES:
            number.add_metric((state,), states[state])
        loaded = GaugeMetricFamily(
            "xihu_dataset_loaded_timestamp_seconds",
            "When an open dataset was last loaded",
            labels=("dataset",),
        )
        rows = GaugeMetricFamily(
            "xihu_dataset_rows", "Rows of an open dataset", labels=("dataset",)
        )
        for entry in entries:
            if entry.contract.is_open:
                name, heart = entry.contract.dataset, entry.heartbeat
                rows.add_metric((name,), heart.rows)
                if heart.loaded_at is not None:
                    loaded.add_metric((name,), heart.loaded_at.timestamp())
        yield from (number, loaded, rows)

    def _loads(self) -> Iterator[Metric]:
        """Of all processes, from the database; a load that was blocked has no snapshot."""
        query = select(
            func.count(Load.snapshot_id),
            func.count() - func.count(Load.snapshot_id),
            func.coalesce(func.sum(Load.received), 0),
            func.coalesce(func.sum(Load.quarantined), 0),
        )
        with transaction(self._services.node.database) as session:
            committed, blocked, received, quarantined = session.execute(query).one()
        loads = CounterMetricFamily("xihu_loads", "Loads by outcome", labels=("outcome",))
        loads.add_metric(("committed",), committed)
        loads.add_metric(("blocked",), blocked)
        records = CounterMetricFamily("xihu_records", "Records of all loads", labels=("outcome",))
        records.add_metric(("received",), int(received))
        records.add_metric(("quarantined",), int(quarantined))
        yield from (loads, records)

    def _entries(self) -> tuple[Entry, ...]:
        with self._lock:
            kept = self._kept
            if kept is None or time.monotonic() - kept.at > KEPT_S:
                known = self._services.known_to(
                    ANONYMOUS
                ).catalogue  # whoever scrapes signs in nowhere
                kept = _Kept(time.monotonic(), tuple(known.entries()))
                self._kept = kept
            return kept.entries
