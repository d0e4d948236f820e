"""/metrics: what it counts, what it never names, and where it can be read."""

import socket
import threading
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.province import Province
from tests.test_portals.edge.watched import Watched, watching
from xihu_platform.audit.log import AuditLog, LogEntry
from xihu_portals.edge.metrics import NodeMetrics
from xihu_portals.edge.observed import METHODS


@pytest.fixture(scope="module")
def watched(province: Province) -> Iterator[Watched]:
    with watching(province) as seen:
        yield seen


Values = dict[tuple[str, tuple[str, ...]], float]


def values(text: str) -> Values:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted_by_template_and_status(watched: Watched) -> None:
    numbers = [watched.ask("GET", f"/datasets/none{n}").number for n in range(3)]
    numbers.append(watched.ask("GET", "/datasets/sg_firms").number)
    for number in numbers:
        watched.lines(number)
    found = values(watched.metrics())
    name = "xihu_request_duration_seconds_count"
    assert found[name, ("GET", "/datasets/{dataset}", "404")] == 3
    assert found[name, ("GET", "/datasets/{dataset}", "200")] == 1


def test_a_method_that_nobody_knows_makes_no_label_of_its_own(watched: Watched) -> None:
    watched.lines(watched.ask("PROPFIND", "/search").number)
    counted = "xihu_request_duration_seconds_count"
    methods = {labels[0] for name, labels in values(watched.metrics()) if name == counted}
    assert "OTHER" in methods
    assert methods <= {*METHODS, "OTHER"}


def test_an_answer_given_again_is_a_hit(watched: Watched) -> None:
    target = "/api/v1/datasets/sg_firms/rows?limit=7"
    watched.ask("GET", target)
    before = values(watched.metrics())["xihu_answer_cache_requests_total", ("hit",)]
    watched.ask("GET", target)
    after = values(watched.metrics())["xihu_answer_cache_requests_total", ("hit",)]
    assert after > before


def test_only_open_datasets_are_named_and_all_are_counted(watched: Watched) -> None:
    entries = watched.province.services.catalogue.entries()
    found = values(watched.metrics())
    named = {labels[0] for name, labels in found if name == "xihu_dataset_rows"}
    assert named == {
        e.contract.dataset for e in entries if e.contract.open_class == "unconditional"
    }
    states = {s: found["xihu_datasets", (s,)] for s in ("live", "late", "broken")}
    assert sum(states.values()) == len(entries)
    assert states["late"] == sum(e.heartbeat.state == "late" for e in entries)
    assert found["xihu_loads_total", ("committed",)] >= len(entries)
    assert found["xihu_metrics_failed", ()] == 0


def test_a_sign_in_is_counted_by_its_portal(watched: Watched) -> None:
    client = watched.province.services.identity.clients["citizen"]
    before = client.signed_in
    client.signed_in += 2
    found = values(watched.metrics())
    assert found["xihu_signins_total", ("citizen",)] == before + 2


def test_entries_that_wait_are_counted_with_their_age(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, hold = watched.province.services.log, threading.Event()
    commit = AuditLog._commit

    def slow(self: AuditLog, group: object) -> None:
        hold.wait(10)
        commit(self, group)  # type: ignore[arg-type]

    monkeypatch.setattr(AuditLog, "_commit", slow)
    futures = [log.append(LogEntry("refusal", "r", "sg_firms", None, {})) for _ in range(3)]
    found = values(watched.metrics())
    hold.set()
    for future in futures:
        future.result(10)
    assert found["xihu_log_waiting_entries", ()] == 3
    assert found["xihu_log_oldest_waiting_seconds", ()] > 0
    assert log.waiting() == (0, 0.0)


def test_a_part_that_cannot_be_read_leaves_the_others_there(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RuntimeError("canary7f3a")

    monkeypatch.setattr(watched.province.services.log, "waiting", fail)
    found = values(watched.metrics())
    assert found["xihu_metrics_failed", ()] == 1
    assert ("xihu_downloads_open", ()) in found
    assert "canary7f3a" not in watched.written.getvalue() + "".join(capfd.readouterr())


def test_the_public_address_has_no_metrics(watched: Watched) -> None:
    for path in ("/metrics", "/metrics/", "/api/metrics", "/official/metrics"):
        assert b"xihu_" not in watched.ask("GET", path).body


def test_metrics_are_served_on_loopback_alone(province: Province) -> None:
    metrics = NodeMetrics(province.services)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    metrics.start(port)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            assert b"xihu_datasets{" in answer.read()
        # Whoever listens on every address has this one of the machine's too, and it is not free.
        with socket.socket() as other:
            other.bind(("127.0.0.2", port))
    finally:
        metrics.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
