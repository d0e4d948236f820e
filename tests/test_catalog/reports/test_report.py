"""The catalogue report: full and incremental, its chain of markers, and what a receiver checks."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Engine, delete

from tests.both_databases import BOTH, postgres, sqlite
from tests.test_catalog.reports.made import OTHER, SIGNER, NodeOfTests
from xihu_catalog.datasets.stored import StoredEntryRow, StoredEntryText, StoredEntryVersionRow
from xihu_catalog.reports import report as module
from xihu_catalog.reports.check import check_chain, check_report
from xihu_catalog.reports.lines import canonical
from xihu_catalog.reports.models import CatalogueReportRow, ReportedContractRow
from xihu_catalog.reports.report import Waiting, list_reports
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict

__all__ = ["postgres"]  # a fixture


@pytest.fixture(params=BOTH)
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NodeOfTests]:
    if request.param == "postgresql":
        found: Engine = request.getfixturevalue("postgres")
        with transaction(found) as session:
            for table in (StoredEntryRow, StoredEntryText, StoredEntryVersionRow):
                session.execute(delete(table))
            for noted in (CatalogueReportRow, ReportedContractRow):
                session.execute(delete(noted))
        yield NodeOfTests(found)
        return
    with sqlite(tmp_path) as engine:
        yield NodeOfTests(engine)


def test_a_full_report_has_every_entry_once(node: NodeOfTests) -> None:
    node.contracts.titles = {"a_first": "甲", "b_second": "乙"}
    for number in range(7):
        node.put(f"hz-{number}", "丙")
    checked = node.send(None)
    assert (checked.kind, checked.entries, checked.removed) == ("full", 9, 0)
    assert node.superior == node.published()


def test_reports_of_many_pages_are_whole(
    node: NodeOfTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 3)
    monkeypatch.setattr(module, "CHUNK", 100)
    for number in range(10):
        node.put(f"hz-{number}", "丙")
    assert node.send(None).entries == 10
    for number in range(0, 10, 2):
        node.put(f"hz-{number}", "丁")
        node.put(f"hz-{number}", "戊")
    node.remove("hz-9")
    node.send(node.marker)
    assert node.superior == node.published()


def test_an_incremental_report_has_what_changed_and_what_is_gone(node: NodeOfTests) -> None:
    node.contracts.titles = {"a_first": "甲", "b_second": "乙"}
    node.put("hz-1", "丙")
    node.put("hz-2", "丙")
    first = node.send(None)
    node.contracts.titles = {"a_first": "甲二"}
    node.remove("hz-2")
    lines = node.written(first.marker)
    said = [orjson.loads(one) for one in lines[1:-1]]
    assert [(one["id"], one.get("removed", False)) for one in said] == [
        ("a_first", False),
        ("b_second", True),
        ("hz-2", True),
    ]
    checked = check_report(lines, SIGNER.public_key)
    assert checked.previous == first.marker
    check_chain(first, checked)


def test_nothing_new_is_an_empty_report_with_the_same_marker(node: NodeOfTests) -> None:
    node.contracts.titles = {"a_first": "甲"}
    first = node.send(None)
    again = node.send(first.marker)
    assert (again.entries, again.removed, again.marker) == (0, 0, first.marker)


def test_what_changed_back_has_its_first_digest(node: NodeOfTests) -> None:
    node.put("hz-1", "丙")
    node.send(None)
    before = dict(node.superior)
    node.put("hz-1", "丁")
    node.put("hz-1", "丙")
    node.send(node.marker)
    assert node.superior == before


def test_withdrawn_and_published_again_is_there(node: NodeOfTests) -> None:
    node.contracts.titles = {"a_first": "甲"}
    node.send(None)
    node.contracts.titles = {}
    node.send(node.marker)
    assert node.superior == {}
    node.contracts.titles = {"a_first": "甲"}
    node.send(node.marker)
    assert node.superior == node.published()


def test_an_entry_that_changes_while_it_is_written_is_in_the_next_report(
    node: NodeOfTests,
) -> None:
    node.put("hz-1", "丙")
    node.put("hz-2", "丙")
    head = node.report.begin("http://a", "330000", None)
    node.put("hz-3", "丁")
    node.remove("hz-1")
    lines = b"".join(node.report.chunks(head, "-")).splitlines(keepends=True)
    check_report(lines, SIGNER.public_key)
    node.superior = {}
    node.send(None)
    node.superior.clear()
    for line in lines[1:-1]:
        said = orjson.loads(line)
        node.superior[said["id"]] = said["digest"]
    node.send(str(head.marker))
    assert node.superior == node.published()


def test_a_marker_of_no_report_is_refused(node: NodeOfTests) -> None:
    with pytest.raises(Conflict):
        node.written("1.5.5.0123456789abcdef")
    with pytest.raises(BadInput):
        node.written("yesterday")


def test_another_form_of_lines_brings_a_full_report(
    node: NodeOfTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.put("hz-1", "丙")
    first = node.send(None)
    monkeypatch.setattr(module, "FORM", 2)
    assert node.send(first.marker).kind == "full"


def test_what_waits_is_counted_against_the_newest_report(node: NodeOfTests) -> None:
    node.contracts.titles = {"a_first": "甲", "b_second": "乙"}
    node.put("hz-1", "丙")
    assert node.report.waiting() == Waiting(3, 0, None)
    node.send(None)
    assert node.report.waiting() == Waiting(0, 0, node.marker)
    node.contracts.titles = {"a_first": "甲二"}
    node.put("hz-2", "丙")
    node.remove("hz-1")
    assert node.report.waiting() == Waiting(2, 2, node.marker)
    node.send(node.marker)
    assert node.report.waiting() == Waiting(0, 0, node.marker)


def test_reports_are_noted_with_their_receiver(node: NodeOfTests) -> None:
    node.put("hz-1", "丙")
    checked = node.send(None)
    with transaction(node.database) as session:
        (row,) = list_reports(session, 5)
        assert (row.marker, row.entries, row.receiver) == (checked.marker, 1, "-")
        assert row.digest == checked.sha256


def test_after_a_restore_the_same_numbers_are_another_marker(node: NodeOfTests) -> None:
    """What was reported since the backup is not gone on from: a full report is taken."""
    node.put("hz-1", "丙")
    first = node.send(None)
    assert node.send(first.marker).marker == first.marker
    with transaction(node.database) as session:  # of before the reports
        session.execute(delete(CatalogueReportRow))
    with pytest.raises(Conflict):
        node.written(first.marker)
    again = node.send(None)
    assert again.marker != first.marker
    assert again.marker.rpartition(".")[0] == first.marker.rpartition(".")[0]


def test_a_report_of_before_is_not_taken_after_a_newer_one(node: NodeOfTests) -> None:
    old, new = node.send(None), node.send(None)
    later = replace(new, at="2999-01-01T00:00:00+08:00")
    check_chain(old, later)
    with pytest.raises(BadInput, match="older"):
        check_chain(later, old)
    with pytest.raises(BadInput, match="zone"):
        check_chain(old, replace(new, at="2026-11-30T00:00:00"))


def test_a_report_that_breaks_off_is_no_report(node: NodeOfTests) -> None:
    node.put("hz-1", "丙")
    head = node.report.begin("http://a", "330000", None)
    pieces = node.report.chunks(head, "-")
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]  # a generator
    with transaction(node.database) as session:
        assert list_reports(session, 5) == []
    assert node.report.waiting().marker is None
    with pytest.raises(Conflict):
        node.written(str(head.marker))


def forged(lines: list[bytes], what: str) -> list[bytes]:
    other = orjson.dumps({"id": "hz-9", "removed": True}) + b"\n"
    last = orjson.loads(lines[-1])
    return {
        "an entry is another one": [
            lines[0],
            lines[1].replace("丙".encode(), "丁".encode()),
            *lines[2:],
        ],
        "a line is missing": [lines[0], *lines[2:]],
        "a line is too many": [*lines[:-1], other, lines[-1]],
        "cut off": lines[:-1],
        "another marker": [lines[0].replace(b'"marker":"1.', b'"marker":"1.9'), *lines[1:]],
        "other numbers": [*lines[:-1], canonical(last | {"entries": 7}) + b"\n"],
        "no JSON": [b"{", *lines[1:]],
        "no object": [b"7", *lines[1:]],
        "empty": [],
        "another file": [b'{"a": 1}\n', b'{"b": 2}\n'],
        "no signature": [*lines[:-1], canonical(last | {"signature": "AAAA"}) + b"\n"],
        "no base64": [*lines[:-1], canonical(last | {"signature": "§"}) + b"\n"],
        "written otherwise": [*lines[:-1], lines[-1].replace(b",", b", ", 1)],
        "without its end": [*lines[:-1], lines[-1].rstrip()],
        "of no kind": [lines[0].replace(b'"kind":"full"', b'"kind":[]'), *lines[1:]],
    }[what]


@pytest.mark.parametrize(
    "what",
    [
        *("an entry is another one", "a line is missing", "a line is too many", "cut off"),
        *("another marker", "other numbers", "no JSON", "no object", "empty", "another file"),
        *("no signature", "no base64", "written otherwise", "without its end", "of no kind"),
    ],
)
def test_a_report_that_was_changed_is_not_taken(tmp_path: Path, what: str) -> None:
    with sqlite(tmp_path) as engine:
        node = NodeOfTests(engine)
        node.put("hz-1", "丙")
        node.put("hz-2", "丙")
        lines = node.written(None)
    check_report(lines, SIGNER.public_key)
    with pytest.raises(BadInput):
        check_report(forged(lines, what), SIGNER.public_key)


def test_another_nodes_key_does_not_take_it(tmp_path: Path) -> None:
    with sqlite(tmp_path) as engine:
        lines = NodeOfTests(engine).written(None)
    with pytest.raises(BadInput):
        check_report(lines, OTHER.public_key)


def test_a_report_that_is_missing_breaks_the_chain(tmp_path: Path) -> None:
    with sqlite(tmp_path) as engine:
        node = NodeOfTests(engine)
        first = node.send(None)
        node.put("hz-1", "丙")
        second = node.send(node.marker)
        node.put("hz-2", "丙")
        third = node.send(node.marker)
    check_chain(first, second)
    check_chain(second, third)
    with pytest.raises(BadInput):
        check_chain(first, third)
