"""What each kind of entry says, key by key: proofs that people keep must stay readable."""

import re
from pathlib import Path

import orjson
import pytest

from xihu_platform.audit.entries import (
    Actor,
    CoveredReplays,
    DatasetQuestion,
    DatasetRead,
    Declassification,
    Erasure,
    MetricRead,
    MoreRefusals,
    QuarantineRead,
    ReadOutcome,
    ReceivedRecords,
    RefusedRead,
)
from xihu_platform.audit.log import LogEntry
from xihu_platform.audit.logged import read_logged

SOURCES = Path(__file__).parents[3]
OFFICIAL = Actor("official", "p-chen", "chen-yb", "11330")
ASKED = DatasetQuestion(
    OFFICIAL, "XH-1", None, "依据", "basis", ["name"], {"name": "mask"}, 7, ["name:eq"]
)
ACTOR = {"who": "official", "principal": "p-chen", "position": "chen-yb", "behalf": None}
QUESTION = {
    **ACTOR,
    "case": "XH-1",
    "purpose_words": None,
    "basis": "依据",
    "basis_en": "basis",
    "fields": ["name"],
    "treatments": {"name": "mask"},
    "snapshot": 7,
    "filters": ["name:eq"],
}
FIRST = RefusedRead(OFFICIAL, "d", "duty", None, "above_shared", "第九条").entry()


@pytest.mark.parametrize(
    ("entry", "kind", "body"),
    [
        (
            DatasetRead("d", "11330", "duty", "rows", 3, ASKED, ("s1_a",)).entry(),
            "read",
            {**QUESTION, "exit": "rows", "rows": 3},
        ),
        (DatasetRead("d", None, "open", "csv", None, None).entry(), "intent", {"exit": "csv"}),
        (
            MetricRead(OFFICIAL, "d", "m", "duty", "依据", "basis", 7, 2, {"latest": 1}).entry(),
            "read",
            {**ACTOR, "exit": "metric", "metric": "m", "basis": "依据", "basis_en": "basis"}
            | {"snapshot": 7, "rows": 2, "latest": 1},
        ),
        (
            QuarantineRead("read", OFFICIAL, "d", "load1", 5, ()).entry(),
            "read",
            {
                **ACTOR,
                "exit": "quarantine",
                "load": "load1",
                "rows": 5,
                "basis": "《政务数据共享条例》第十三条，本部门数据质量",
                "basis_en": "Order 809 art. 13, quality of own data",
            },
        ),
        (
            ReadOutcome("r", "d", "csv", 9, finished=True).entry(),
            "outcome",
            {"exit": "csv", "rows": 9, "finished": True},
        ),
        (FIRST, "refusal", {**ACTOR, "case": None, "reason": "above_shared", "article": "第九条"}),
        (
            MoreRefusals(FIRST, 4).entry(),
            "refusals",
            {**FIRST.body, "number": 4, "first": FIRST.read_id},
        ),
        (
            ReceivedRecords("push", OFFICIAL, "d", "11330", "c", "f", 12).entry(),
            "push",
            {**ACTOR, "records": "f", "bytes": 12, "contract": "c"},
        ),
        (
            ReceivedRecords("correction", OFFICIAL, "d", "11330", "c", "f", 12, "load1").entry(),
            "correction",
            {"who": "official", "principal": "p-chen", "position": "chen-yb", "load": "load1"}
            | {"file": "f", "bytes": 12, "contract": "c"},
        ),
        (
            Declassification("d", "11330", "x", "L3", "L1", "汇总", "c").entry(),
            "declassification",
            {"field": "x", "before": "L3", "after": "L1", "why": "汇总", "contract": "c"},
        ),
        (CoveredReplays("digest").entry(), "replays", {"digest": "digest"}),
    ],
)
def test_an_entry_says_what_its_kind_says(
    entry: LogEntry, kind: str, body: dict[str, object]
) -> None:
    assert entry.kind == kind
    assert entry.body == body
    assert re.fullmatch("[0-9a-f]{32}|r|", entry.read_id)


def test_only_a_stream_and_what_may_be_named_later_have_an_id() -> None:
    page = DatasetRead("d", None, "open", "rows", 0, None).entry()
    assert page.read_id == ""
    assert len(DatasetRead("d", None, "open", "csv", None, None).entry().read_id) == 32


def test_an_erasure_has_an_id_of_128_bits() -> None:
    assert re.fullmatch("[0-9a-f]{32}", Erasure("d", None, frozenset(), None).entry().read_id)


def test_quarantined_records_that_are_downloaded_keep_the_id_of_their_intent() -> None:
    intent = QuarantineRead("intent", OFFICIAL, "d", "load1", 5, (), "9" * 32)
    assert intent.entry().read_id == "9" * 32


@pytest.mark.parametrize("root", ["root", None])
def test_an_erasure_is_read_as_it_was_written(root: str | None) -> None:
    taken = 0 if root is None else 2
    pins, seqs = frozenset({"b", "a"}), frozenset({3, 1})
    written = Erasure("d", "root", pins, seqs, law="法", entries=1, leaves=taken).entry().body
    read = Erasure.read(orjson.loads(orjson.dumps(written | {"dataset": "d"})))
    assert read == Erasure("d", root, pins, seqs)


def test_an_erasure_of_the_program_before_names_no_entries() -> None:
    read = Erasure.read({"dataset": "d", "erased": 1, "erased_root": "r"})
    assert read == Erasure("d", "r", frozenset(), None)


def test_a_reading_is_what_entry_and_pin_say_together() -> None:
    body = orjson.dumps({"purpose": "duty", "exit": "rows"})
    reading = read_logged(body, orjson.dumps(QUESTION))
    assert (reading.person, reading.position, reading.case) == ("p-chen", "chen-yb", "XH-1")
    assert (reading.purpose, reading.exit, reading.fields) == ("duty", "rows", ("name",))
    assert read_logged(b"{}", None).fields == ()


def test_entries_are_made_in_one_room() -> None:
    rooms = ("platform", "catalog", "pipelines", "portals", "deploy")
    files = [path for room in rooms for path in (SOURCES / room).rglob("*.py")]
    makers = {path.name for path in files if "LogEntry(" in path.read_text(encoding="utf-8")}
    assert makers == {"drafting.py", "entries.py", "leaving.py"}
