"""What may stand only once: the same records are quarantined however much the sieve holds back."""

import csv
import random
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import contracts
from tests.contracts import Part, field
from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality import quarantine
from xihu_pipelines.ingest import bloom, split
from xihu_pipelines.ingest.bloom import BloomFilter
from xihu_pipelines.ingest.existing import existing_sql
from xihu_pipelines.ingest.load import load_file
from xihu_pipelines.sources import delimited
from xihu_platform.start import Node

FIELDS = [
    field("line", required=True, key=True, primaryKeyPosition=1),
    field("run", "INTEGER", required=True, key=True, primaryKeyPosition=2),
    field("ticket", unique=True),
]
Row = tuple[str, str, str]


def contract(mode: str, *further: Part, **more: object) -> Contract:
    return contracts.contract("jt_trips", [*FIELDS, *further], mode=mode, more=more)


def expected(rows: list[Row], known: list[Row]) -> dict[int, set[str]]:
    """By record number, the rules a record breaks: each rule looks at all earlier good records."""
    broken: dict[int, set[str]] = {}
    keys = {(line, run) for line, run, _ in known}
    tickets = {ticket for *_, ticket in known if ticket}
    for number, (line, run, ticket) in enumerate(rows, 1):
        if not run.isdigit():
            continue
        if (line, run) in keys:
            broken.setdefault(number, set()).add("key.unique")
        if ticket and ticket in tickets:
            broken.setdefault(number, set()).add("ticket.unique")
        keys.add((line, run))
        tickets |= {ticket} - {""}
    return broken


def rows_of(seed: int, count: int) -> list[Row]:
    made = random.Random(seed)
    return [
        (
            f"L{made.randrange(40)}",
            str(made.randrange(count)) if made.random() > 0.02 else "一",
            f"T{made.randrange(count * 20)}" if made.random() > 0.3 else "",
        )
        for _ in range(count)
    ]


def hand_in(node: Node, one: Contract, rows: list[Row], path: Path) -> dict[int, set[str]]:
    """Loads the rows; returns which records were quarantined for a repeated key, and why."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("line", "run", "ticket"), *rows])
    outcome = load_file(node, one, path)
    held = quarantine.read(node.lake, node.keyring, one.dataset, outcome.load_id, limit=10**6)
    for record in held:
        given_in = tuple(value or "" for value in record.values.values())
        assert given_in == rows[record.record - 1]
    assert (
        outcome.counts.received == outcome.counts.accepted + outcome.counts.quarantined == len(rows)
    )
    return {r.record: set(r.rules) for r in held if "run.type" not in r.rules}


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("append", 1),
        ("append", 64),
        ("append", bloom.WORDS),
        ("replace", 64),
        ("partition", 64),
        *(
            pytest.param(mode, words, marks=pytest.mark.harness)
            for mode in ("replace", "partition")
            for words in (1, bloom.WORDS)
        ),
    ],
)
def test_exactly_the_repeated_records_are_quarantined(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, words: int
) -> None:
    monkeypatch.setattr(bloom, "WORDS", words)
    monkeypatch.setattr(split, "_ROWS", 2048)  # several batches, so that keys meet across them
    monkeypatch.setattr(delimited, "BATCH_ROWS", 2048)
    one = contract(mode, **({"partitionField": "line"} if mode == "partition" else {}))
    known = list[Row]()
    for seed in (1, 2):
        rows = rows_of(seed, 5000)
        broken = expected(rows, known if mode == "append" else [])
        assert hand_in(node, one, rows, tmp_path / f"{seed}.csv") == broken
        assert 20 < len(broken) < 4000
        known += [row for n, row in enumerate(rows, 1) if n not in broken and row[1].isdigit()]
    if mode != "partition":
        kept = known if mode == "append" else known[-len(table(node, one)) :]
        assert table(node, one) == kept


@pytest.mark.parametrize("count", [40, 400, 4000])
def test_the_first_of_a_key_is_kept_where_places_are_resolved_by_a_join(
    node: Node, tmp_path: Path, count: int
) -> None:
    """A join hands few records on in another order than the file's."""
    one = contract("replace", field("place", steps=["region"], codeList="divisions"))
    made, places = random.Random(1), ("330106", "富阳市", "西湖区", "下城区", "330102")
    rows = [("L", str(made.randrange(count // 2)), "", made.choice(places)) for _ in range(count)]
    path = tmp_path / "trips.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("line", "run", "ticket", "place"), *rows])
    outcome = load_file(node, one, path)
    held = quarantine.read(node.lake, node.keyring, one.dataset, outcome.load_id, limit=10**6)
    placeless = {record.record for record in held if "place.region" in record.rules}
    first: dict[str, int] = {}
    for number, (_, run, *_rest) in enumerate(rows, 1):
        if number not in placeless:
            first.setdefault(run, number)
    source = existing_sql(node.lake.snapshot(one.table))
    kept = duckdb.connect().execute(f"SELECT _record FROM {source} ORDER BY 1").fetchall()
    assert [number for (number,) in kept] == sorted(first.values())


def test_the_first_of_a_key_is_accepted_where_codes_are_looked_up_by_two_threads(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of two threads looks up a half of the records, and the second may be ready first."""
    monkeypatch.setattr(delimited, "BATCH_ROWS", 8_192)  # what one thread takes at a time
    places = [field(f"place_{n}", codeList="divisions") for n in range(4)]
    one, count = contract("replace", *places), 60_000
    made, codes = random.Random(1), ["330106", "330102", "330110", "999999"]
    rows = [
        ("L", str(n % (count // 2)), "", *made.choices(codes, (9, 9, 9, 0.1), k=4))
        for n in range(count)
    ]
    path = tmp_path / "trips.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("line", "run", "ticket", *(p["name"] for p in places)), *rows])
    outcome = load_file(node, one, path)
    rejected = quarantine.read(node.lake, node.keyring, one.dataset, outcome.load_id, limit=10**6)
    first: dict[str, int] = {}
    wrong = {n for n, row in enumerate(rows, 1) if "999999" in row[3:]}
    for number, (_, run, *_rest) in enumerate(rows, 1):
        if number not in wrong:
            first.setdefault(run, number)
    source = existing_sql(node.lake.snapshot(one.table))
    accepted = duckdb.connect().execute(f"SELECT _record FROM {source} ORDER BY 1").fetchall()
    assert [number for (number,) in accepted] == sorted(first.values())
    for record in rejected:
        assert tuple(value or "" for value in record.values.values()) == rows[record.record - 1]
        assert ("key.unique" in record.rules) == (record.record not in wrong)


def table(node: Node, one: Contract) -> list[Row]:
    source = existing_sql(node.lake.snapshot(one.table))
    sql = f"SELECT line, run::VARCHAR, coalesce(ticket, '') FROM {source} ORDER BY _record"
    return duckdb.connect().execute(sql).fetchall()


def test_a_file_without_a_repeated_key_is_written_once(node: Node, tmp_path: Path) -> None:
    rows = [(f"L{n}", str(n), "") for n in range(20_000)]
    path = tmp_path / "trips.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("line", "run", "ticket"), *rows])
    one = contract("replace")
    load_file(node, one, path)
    assert len(node.lake.snapshot(one.table).files) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.one_of(st.none(), st.integers(0, 40)), max_size=40), max_size=6),
    st.integers(0, 2**64 - 41),
)
def test_the_sieve_misses_no_key_that_passed_before(
    batches: list[list[int | None]], shift: int
) -> None:
    one, seen = BloomFilter(), set[int]()
    for batch in batches:
        keys = [None if key is None else key + shift for key in batch]
        held = one.defer(pa.chunked_array([pa.array(keys, pa.uint64())]))
        for key, back in zip(keys, held.tolist(), strict=True):
            if key is None:
                assert not back
            else:
                assert back or key not in seen
                seen.add(key)


def test_the_sieve_holds_back_almost_nothing_for_nothing() -> None:
    one, made, held = BloomFilter(), np.random.default_rng(1), 0
    for _ in range(20):
        keys = made.integers(0, 2**64, 250_000, dtype=np.uint64)
        held += int(one.defer(pa.chunked_array([pa.array(keys)])).sum())
    assert held < 250  # of five million


@pytest.mark.parametrize("mode", ["replace", "append"])
def test_a_record_set_aside_names_the_other_one_of_its_key(
    node: Node, tmp_path: Path, mode: str
) -> None:
    one = contract(mode)
    first = [("L1", "1", "T1"), ("L2", "2", ""), ("L1", "1", ""), ("L3", "3", "T1")]
    second = [("L9", "9", ""), ("L2", "2", "T1"), ("L9", "9", "")]
    said = [_others(node, one, rows, tmp_path / f"{len(rows)}.csv") for rows in (first, second)]
    assert said[0] == {3: {("key.unique", 1, None)}, 4: {("ticket.unique", 1, None)}}
    before = {2: {("key.unique", None, 2), ("ticket.unique", None, 1)}} if mode == "append" else {}
    assert said[1] == {3: {("key.unique", 1, None)}} | before


def _others(
    node: Node, one: Contract, rows: list[Row], path: Path
) -> dict[int, set[tuple[str, int | None, int | None]]]:
    hand_in(node, one, rows, path)
    load_id = node.lake.snapshot(one.table).summary["xihu.load-id"]
    held = quarantine.read(node.lake, node.keyring, one.dataset, load_id)
    return {r.record: {(o.rule, o.first, o.standing) for o in r.others} for r in held}
