"""Push: durable when acknowledged, there once however often sent, refused as a whole or taken."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from tests.test_pipelines.ingest.test_modes import DELETES, contract
from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.intake import Receipt
from xihu_pipelines.ingest.existing import existing_sql
from xihu_pipelines.push import spool
from xihu_pipelines.push.commit import commit_waiting
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.lake.summary import LoadCounts
from xihu_platform.start import Node

PUSH = "  - {property: push, value: true}\n"


@pytest.fixture
def stops() -> Contract:
    return contract("upsert", more=PUSH)


def push(node: Node, one: Contract, key: str, *rows: str) -> Receipt:
    return spool.accept(node, one, "bureau", key, "\n".join(rows).encode(), "jsonl")


def row(number: str, name: str) -> str:
    return f'{{"id": "{number}", "name": "{name}", "county": null}}'


def names(node: Node, one: Contract) -> list[str]:
    snapshot = node.lake.snapshot(one.table)
    found = duckdb.connect().execute(f"SELECT name FROM {existing_sql(snapshot)} ORDER BY id")
    return [str(r[0]) for r in found.fetchall()]


def test_a_push_is_spooled_then_committed_and_its_receipt_says_so(
    node: Node, stops: Contract
) -> None:
    assert push(node, stops, "a", row("1", "甲"), row("2", "乙")).state == "spooled"
    assert spool.find(node, stops, "bureau", "a").state == "spooled"
    (outcome,) = commit_waiting(node, stops)
    assert (outcome.counts.received, outcome.counts.accepted) == (2, 2)
    receipt = spool.find(node, stops, "bureau", "a")
    assert (receipt.state, receipt.load_id) == ("committed", outcome.load_id)
    assert names(node, stops) == ["甲", "乙"]
    assert spool.waiting(node, stops.dataset) == []
    assert commit_waiting(node, stops) == []


def test_the_same_push_again_is_there_once_before_and_after_the_commit(
    node: Node, stops: Contract
) -> None:
    first = push(node, stops, "a", row("1", "甲"))
    assert push(node, stops, "a", row("1", "甲")) == first
    commit_waiting(node, stops)
    assert push(node, stops, "a", row("1", "甲")).state == "committed"
    assert commit_waiting(node, stops) == []


@pytest.mark.parametrize("committed", [False, True])
def test_a_key_is_not_used_for_other_records(node: Node, stops: Contract, committed: bool) -> None:
    push(node, stops, "a", row("1", "甲"))
    if committed:
        commit_waiting(node, stops)
    with pytest.raises(Conflict):
        push(node, stops, "a", row("1", "other"))
    spool.accept(node, stops, "another bureau", "a", row("2", "乙").encode(), "jsonl")


def test_pushes_are_committed_together_in_the_order_of_their_arrival(
    node: Node, stops: Contract
) -> None:
    for number in range(20):
        push(node, stops, str(number), row("1", f"name {number}"))
    assert len(commit_waiting(node, stops)) == 1
    assert names(node, stops) == ["name 19"]


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("jsonl", b""),
        ("jsonl", b"not json"),
        ("jsonl", b'{"id": "1"}\n[1, 2]'),
        ("csv", b"id,name\n1,x\n"),
        ("csv", b"id,name,county\n1,x\n"),
        ("arrow", b"ARROW1 and nothing more"),
        ("arrow", b"\xff\xff\xff\xff"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_refused_and_leaves_nothing(
    node: Node, stops: Contract, form: str, body: bytes
) -> None:
    with pytest.raises(BadInput):
        spool.accept(node, stops, "bureau", "a", body, form)  # type: ignore[arg-type]
    assert spool.waiting(node, stops.dataset) == []
    assert list((node.settings.data_dir / "spool" / stops.dataset).iterdir()) == []
    with pytest.raises(NotFound):
        spool.find(node, stops, "bureau", "a")


def test_arrow_and_csv_come_in_like_json_lines(node: Node, stops: Contract) -> None:
    table = pa.table({"id": ["1"], "name": ["甲"], "county": pa.nulls(1, pa.string())})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    spool.accept(node, stops, "bureau", "a", sink.getvalue().to_pybytes(), "arrow")
    spool.accept(node, stops, "bureau", "b", "id,name,county\n2,乙,\n".encode(), "csv")
    commit_waiting(node, stops)
    assert names(node, stops) == ["甲", "乙"]


def test_bad_values_of_a_push_are_set_aside_and_the_rest_is_kept(
    node: Node, stops: Contract
) -> None:
    push(node, stops, "a", '{"id": "1", "name": null, "county": null}')
    (outcome,) = commit_waiting(node, stops)
    assert (outcome.counts.accepted, outcome.counts.quarantined) == (0, 1)
    assert spool.find(node, stops, "bureau", "a").state == "committed"
    push(node, stops, "b", row("2", "乙"))
    commit_waiting(node, stops)
    assert names(node, stops) == ["乙"]


def test_a_deletion_can_be_pushed(node: Node) -> None:
    one = contract("upsert", deletes=True, more=PUSH)
    assert DELETES
    push(node, one, "a", '{"id": "1", "name": "甲", "county": null, "op": "I"}')
    push(node, one, "b", '{"id": "1", "name": null, "county": null, "op": "D"}')
    push(node, one, "c", '{"id": "2", "name": "乙", "county": null, "op": "I"}')
    commit_waiting(node, one)
    assert names(node, one) == ["乙"]


def test_what_is_spooled_holds_no_half_a_file(node: Node, stops: Contract) -> None:
    push(node, stops, "a", row("1", "甲"))
    folder: Path = node.settings.data_dir / "spool" / stops.dataset
    (folder / ".abc.1234").write_bytes(b"a push whose process was killed")
    assert len(spool.waiting(node, stops.dataset)) == 1
    commit_waiting(node, stops)
    assert names(node, stops) == ["甲"]


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_a_push_without_one_good_record_adds_no_file_and_says_so(
    node: Node, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    one = contract(mode, more=PUSH)
    bad = '{"id": "1", "name": null, "county": null}'
    push(node, one, "first", bad)
    (outcome,) = commit_waiting(node, one)
    assert outcome.counts == LoadCounts(
        1,
        0,
        1,
    )
    snapshot = node.lake.snapshot(one.table)
    assert (snapshot.files, snapshot.rows) == ((), 0)
    assert list(node.lake.data_folder(one.table).iterdir()) == []
    receipt = spool.find(node, one, "bureau", "first")
    assert (receipt.state, receipt.load_id) == ("committed", outcome.load_id)

    push(node, one, "second", row("1", "甲"))
    commit_waiting(node, one)
    push(node, one, "third", bad)
    commit_waiting(node, one)
    assert names(node, one) == ["甲"]
    assert len(node.lake.snapshot(one.table).files) == 1
    assert capfd.readouterr() == ("", "")
    assert caplog.messages == []
    assert [*(node.settings.data_dir / "spool" / one.dataset).iterdir()] == []
