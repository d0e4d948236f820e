"""Which record is meant: references for one reader, keys over rotations and new contracts."""

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, delete, insert, update

from tests.both_databases import BOTH, postgres, sqlite
from tests.test_platform.lake.test_windows import snapshot_of
from xihu_platform.access.disputed import CorrectionMarkRow, Disputes
from xihu_platform.access.policy import FieldPolicy, Policy, RowOrigin
from xihu_platform.access.row_keys import (
    RowKey,
    RowRef,
    RowRefs,
    find_records,
    in_key_version,
    keys_of,
    same_record,
)
from xihu_platform.database import transaction
from xihu_platform.engines.duckdb.engine import DuckDBEngine
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.lake.snapshot import RECORD, Column, Snapshot
from xihu_platform.policy_version import PolicyVersion
from xihu_platform.vault.keys import Keyring
from xihu_platform.vault.seal import seal_bytes
from xihu_platform.words import Text

__all__ = ["postgres"]  # a fixture
RING = Keyring(b"r" * 32)
WORDS = Text("名", "name")
WANG = RING.pseudonym("1", "339999198804120289")
AT = datetime(2026, 11, 1, tzinfo=UTC)


def policy(
    dataset: str = "months",
    key: tuple[str, ...] = ("person", "month"),
    origins: tuple[RowOrigin, ...] = (),
) -> Policy:
    return Policy(
        dataset=dataset,
        title=WORDS,
        provider="p",
        share_class="conditional",
        share_conditions=None,
        share_basis=None,
        open_class="banned",
        fields=(
            FieldPolicy("person", WORDS, "VARCHAR", "L3", pseudonym=True),
            FieldPolicy("month", WORDS, "DATE", "L2"),
            FieldPolicy("base", WORDS, "INTEGER", "L3"),
        ),
        primary_key=key,
        origins=origins,
    )


def test_a_reference_is_of_one_reader_and_one_dataset() -> None:
    refs = RowRefs(RING)
    shown, clear = frozenset({"person", "month"}), frozenset({"month"})
    ref = RowRef(7, (WANG, "2026-10-01"), shown, clear)
    text = refs.seal("wang", policy(), ref)
    assert refs.open("wang", policy(), text) == ref
    assert WANG not in text and text != refs.seal("wang", policy(), ref)
    for reader, dataset, said in (
        ("li", "months", text),
        ("wang", "years", text),
        ("wang", "months", text[:-2]),
        ("wang", "months", ""),
        ("wang", "months", "A" * 3000),
        ("wang", "months", "é"),
        ("wang", "months", RowRefs(Keyring(b"x" * 32)).seal("wang", policy(), ref)),
    ):
        with pytest.raises(BadInput):
            refs.open(reader, policy(dataset), said)
    changed = policy()
    changed = replace(changed, fields=(changed.fields[2], *changed.fields[:2]))
    with pytest.raises(BadInput, match="has other fields now"):
        refs.open("wang", changed, text)


@pytest.mark.parametrize("key", [(), ("a",), ("a", "b"), ("a", "b", "c", "d", "e")])
def test_a_reference_of_the_version_before_is_refused(key: RowKey) -> None:
    """A page may be open while the platform is upgraded: snapshot and key were all it sealed."""
    place = b"row\0wang\0months".decode()
    content = json.dumps([7, *key]).encode()
    sealed = seal_bytes(RING.sealing("row-references"), content, place)
    text = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
    with pytest.raises(BadInput):
        RowRefs(RING).open("wang", policy(), text)


def test_a_digest_tells_values_apart_and_gives_none_away() -> None:
    refs = RowRefs(RING)
    base = {refs.digest(policy(), "base", one) for one in (8000, Decimal("8000.00"), 8000.0)}
    assert len(base) == 1 and "8000" not in base.pop()
    others = [8000, 800, None, "", "x", True, 0]
    assert len({refs.digest(policy(), "base", one) for one in others}) == len(others)
    assert refs.digest(policy(), "month", 8000) != refs.digest(policy(), "base", 8000)
    assert refs.digest(policy(), "person", WANG) == WANG
    assert RowRefs(Keyring(b"x" * 32)).digest(policy(), "base", 8) != refs.digest(
        policy(), "base", 8
    )


def test_a_key_follows_its_pseudonym_forwards_alone() -> None:
    first: RowKey = (WANG, "2026-10-01")
    third = (RING.promote(WANG, 3), "2026-10-01")
    assert in_key_version(first, policy(), 3, RING.promote) == third
    assert in_key_version(third, policy(), 1, RING.promote) is None
    assert same_record(first, third, policy(), RING.promote)
    assert not same_record(first, (third[0], "2026-09-01"), policy(), RING.promote)
    assert not same_record(first, (WANG,), policy(), RING.promote)


def test_a_key_of_another_contract_names_no_record() -> None:
    before: RowKey = ("330106", "2026-10-01")
    assert in_key_version(before, policy(), 1, RING.promote) is None
    assert not same_record(before, (WANG, "2026-10-01"), policy(), RING.promote)
    assert not same_record(before, before, policy(), RING.promote)


MONTHS = [(WANG, "2026-09-01", 1), (WANG, "2026-10-01", 2), (None, "2026-10-01", 3)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="module")
def engine(folder: Path) -> DuckDBEngine:
    """It may read the files of the folder."""
    return DuckDBEngine(
        folder, memory_limit="500MB", threads=2, connections=1, temp=folder / "temp"
    )


def snapshot(folder: Path, rows: list[tuple[str | None, str, int]], first: int = 1) -> Snapshot:
    """The rows as a table of the lake has them, numbered from `first`."""
    kinds = {RECORD: pa.int64(), "person": pa.string(), "month": pa.date32(), "base": pa.int32()}
    ids = [
        pa.field(name, kind, metadata={b"PARQUET:field_id": str(number).encode()})
        for number, (name, kind) in enumerate(kinds.items(), 1)
    ]
    days = [datetime.fromisoformat(month).date() for _, month, _ in rows]
    table = pa.table(
        [range(first, first + len(rows)), [r[0] for r in rows], days, [r[2] for r in rows]],
        schema=pa.schema(ids),
    )
    path = folder / f"{first}-{len(rows)}.parquet"
    pq.write_table(table, path)
    columns = (
        *(Column(RECORD, "BIGINT", 1), Column("person", "VARCHAR", 2)),
        *(Column("month", "DATE", 3), Column("base", "INTEGER", 4)),
    )
    return replace(snapshot_of([str(path)]), columns=columns, id=first)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres")
        return
    with sqlite(tmp_path) as made:
        yield made


def mark(database: Engine, dataset: str, key: RowKey, field: str, number: int) -> None:
    with transaction(database) as session:
        session.execute(
            insert(CorrectionMarkRow).values(
                id=number,
                dataset=dataset,
                key=list(key),
                digest=str(number),
                field=field,
                snapshot_id=1,
                matter=number,
                placed_at=AT,
                lifted_at=None,
            )
        )


def test_the_marks_of_a_snapshot_are_those_of_this_moment(
    database: Engine, engine: DuckDBEngine, folder: Path
) -> None:
    with transaction(database) as session:
        session.execute(delete(CorrectionMarkRow))
    version = PolicyVersion(database)
    made = policy("made", origins=(RowOrigin("months", (0, 1), (("base", "base"),)),))
    known = {"months": policy(), "made": made}

    def find(dataset: str) -> Policy:
        if dataset not in known:
            raise NotFound("没有", "none")
        return known[dataset]

    disputes = Disputes(database, version, find, engine, RING.promote)
    here = snapshot(folder, MONTHS)
    later = snapshot(folder, [*MONTHS[:1], *MONTHS[1:2], *MONTHS[1:2]], first=11)
    assert disputes.of(policy(), here).fields == {}
    mark(database, "months", (WANG, "2026-10-01"), "base", 1)
    assert disputes.of(policy(), here).fields == {2: frozenset({"base"})}
    assert disputes.of(made, here).fields == {2: frozenset({"base"})}
    # the same key twice, as an append without a check leaves it: both are meant
    assert disputes.of(policy(), later).fields == dict.fromkeys((12, 13), frozenset({"base"}))
    mark(database, "months", (WANG, "2026-09-01"), "month", 2)
    assert disputes.of(policy(), here).fields[1] == frozenset({"month"})
    assert disputes.of(made, here).fields == {2: frozenset({"base"})}  # `month` is no sum of it
    mark(database, "months", ("330106",), "base", 3)  # of a contract with another key
    assert disputes.of(policy(), here).fields.keys() == {1, 2}
    assert disputes.of(made, here).fields.keys() == {2}
    assert disputes.of(policy(key=()), here).fields == {}
    with transaction(database) as session:
        session.execute(
            update(CorrectionMarkRow).where(CorrectionMarkRow.id == 1).values(lifted_at=AT)
        )
    assert disputes.of(policy(), here).fields == {1: frozenset({"month"})}
    version.close()


def test_a_record_without_a_whole_key_is_named_by_none(engine: DuckDBEngine, folder: Path) -> None:
    found = keys_of(engine, snapshot(folder, MONTHS, first=31), policy(), [32, 33])
    assert found[32] == (WANG, "2026-10-01")
    assert None in found[33]


@pytest.mark.parametrize("rows", [MONTHS, []])
def test_a_record_that_a_snapshot_does_not_have_is_no_fault(
    engine: DuckDBEngine, folder: Path, rows: list[tuple[str | None, str, int]]
) -> None:
    """Whoever dropped it may have corrected it: its readers read on."""
    there = snapshot(folder, rows, first=900)
    table, keys = find_records(engine, there, policy(), [(WANG, "1999-01-01")], "base")
    assert (table.num_rows, table.column_names, keys) == (0, [RECORD, "base"], [])


def marked(database: Engine, engine: DuckDBEngine, there: Snapshot) -> dict[int, frozenset[str]]:
    """The disputed fields of a snapshot by record, asked by a node of its own."""
    with closing(PolicyVersion(database)) as version:
        disputes = Disputes(database, version, lambda _: policy(), engine, RING.promote)
        return disputes.of(policy(), there).fields


def test_the_marks_of_a_record_that_is_gone_do_not_keep_the_others_from_being_read(
    database: Engine, engine: DuckDBEngine, folder: Path
) -> None:
    with transaction(database) as session:
        session.execute(delete(CorrectionMarkRow))
    mark(database, "months", (WANG, "1999-01-01"), "base", 71)
    assert marked(database, engine, snapshot(folder, MONTHS, first=910)) == {}
    mark(database, "months", (WANG, "2026-10-01"), "base", 72)
    assert marked(database, engine, snapshot(folder, MONTHS, first=920)) == {
        921: frozenset({"base"})
    }


def test_a_mark_under_another_key_of_the_contract_names_no_record(
    database: Engine, engine: DuckDBEngine, folder: Path
) -> None:
    """The same text under another field would be somebody else's record."""
    with transaction(database) as session:
        session.execute(delete(CorrectionMarkRow))
    mark(database, "months", (WANG, "2026-10-01"), "base", 73)
    with transaction(database) as session:
        session.execute(update(CorrectionMarkRow).values(key_fields=["partner", "month"]))
    assert marked(database, engine, snapshot(folder, MONTHS, first=930)) == {}


def test_a_reference_goes_with_the_key_of_its_contract() -> None:
    refs, ref = RowRefs(RING), RowRef(7, (WANG, "2026-10-01"), frozenset({"base"}), frozenset())
    text = refs.seal("wang", policy(), ref)
    with pytest.raises(BadInput, match="has other fields now"):
        refs.open("wang", policy(key=("month", "person")), text)


def test_the_longest_numbers_are_told_apart_and_zero_is_zero() -> None:
    refs = RowRefs(RING)
    one, other = (Decimal(f"1234567890123456789012345678901{n}.11") for n in (2, 3))
    assert refs.digest(policy(), "base", one) != refs.digest(policy(), "base", other)
    zeros = [0, 0.0, -0.0, Decimal("-0.00"), Decimal("0E-7")]
    assert len({refs.digest(policy(), "base", zero) for zero in zeros}) == 1
    assert refs.digest(policy(), "base", 100) == refs.digest(policy(), "base", Decimal("1E+2"))
    assert refs.digest(policy(), "base", 100) != refs.digest(policy(), "base", 1)


def test_a_key_in_chinese_fits_into_a_reference() -> None:
    ref = RowRef(7, ("杭" * 200, "2026-10-01"), frozenset({"base"}), frozenset())
    text = RowRefs(RING).seal("wang", policy(), ref)
    assert RowRefs(RING).open("wang", policy(), text) == ref
