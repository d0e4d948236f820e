"""A difference is what one gets by reading both snapshots and comparing them by hand.

The expected rows are made here in Python, from what the same reader gets of each snapshot through
the table API: so a difference can only have been made of treated values of rows within reach.
"""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from xihu_catalog.schema import upgrade
from xihu_platform.access import diff
from xihu_platform.access.diff import DiffPage, DiffQuery, RowChange, open_diff, read_diff
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import FieldPolicy, Policy, Purpose
from xihu_platform.access.query import Filter, RowQuery
from xihu_platform.access.start import open_gateway
from xihu_platform.audit.models import AuditEntry, AuditSubject
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound, Refused, TooLarge
from xihu_platform.identity.principal import ANONYMOUS, Position, Principal
from xihu_platform.lake.snapshot import RECORD, Column
from xihu_platform.lake.summary import PSEUDONYMS
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node
from xihu_platform.words import Text

Row = dict[str, Any]  # Any: values of every type
OURS = "91110000600037341L"
DUTY, OPEN = Purpose("duty"), Purpose("open")
HANDLER = Principal(
    "official",
    "p-office",
    level=3,
    position=Position("o1", "经办", "handler", OURS, "局", "bureau", "330100"),
    portal="official",
)
FIELDS = (
    FieldPolicy("code", Text("编号", "Code"), "VARCHAR", "L1"),
    FieldPolicy("part", Text("分号", "Part"), "INTEGER", "L1"),
    FieldPolicy("place", Text("地点", "Place"), "VARCHAR", "L1"),
    FieldPolicy("sum", Text("金额", "Sum"), "DECIMAL(12,2)", "L1"),
    FieldPolicy("day", Text("日期", "Day"), "DATE", "L1"),
    FieldPolicy("note", Text("备注", "Note"), "VARCHAR", "L2"),
    FieldPolicy("holder", Text("姓名", "Holder"), "VARCHAR", "L3", identifier="person_name"),
    FieldPolicy(
        "number", Text("证号", "Number"), "VARCHAR", "L2", "document_number", pseudonym=True
    ),
)
ARROW = {
    "VARCHAR": pa.string(),
    "INTEGER": pa.int32(),
    "DECIMAL(12,2)": pa.decimal128(12, 2),
    "DATE": pa.date32(),
}


def policy_with(**more: Any) -> Policy:  # Any: whatever a policy takes
    said: dict[str, Any] = {
        "dataset": "d1",
        "title": Text("表", "Table"),
        "provider": OURS,
        "share_class": "unconditional",
        "share_conditions": None,
        "share_basis": None,
        "open_class": "unconditional",
        "fields": FIELDS,
        "region_field": "place",
        "primary_key": ("code", "part"),
    }
    return Policy(**said | more)


@dataclass(repr=False)
class Scene:
    """An installation with one table; its policy can be changed."""

    node: Node
    gateway: AccessGateway
    policies: dict[str, Policy]
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def load(self, rows: list[Row], key_version: int = 1, dataset: str = "d1") -> int:
        """The rows as a whole new snapshot, as a load writes it."""
        policy = self.policies[dataset]
        table = f"data.{dataset}"
        wanted = (Column(RECORD, "BIGINT"), *(Column(f.name, f.type) for f in policy.fields))
        columns = self.node.lake.ensure(table, wanted)
        arrays = [pa.array(range(1, len(rows) + 1), pa.int64())]
        arrays += [pa.array([r.get(f.name) for r in rows], ARROW[f.type]) for f in policy.fields]
        fields = [
            pa.field(c.name, a.type, metadata={b"PARQUET:field_id": str(c.id).encode()})
            for c, a in zip(columns, arrays, strict=True)
        ]
        path = self.node.lake.data_folder(table) / f"{next(self.numbers)}.parquet"
        pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), path)
        summary = {PSEUDONYMS: str(key_version)}
        return self.node.lake.replace(table, [path], summary).id

    def read(
        self,
        who: Principal,
        purpose: Purpose,
        snapshot: int,
        asked: RowQuery,
        dataset: str = "d1",
    ) -> list[Row]:
        """All rows as this reader gets them of the table API, at the hand of its pages."""
        found: list[Row] = []
        cursor = None
        while True:
            one = replace(asked, snapshot_id=snapshot)
            page = self.gateway.read_page(who, dataset, purpose, one, limit=1000, cursor=cursor)
            found += page.table.to_pylist()
            cursor = page.next_cursor
            if cursor is None:
                return found

    def diff(
        self,
        who: Principal,
        purpose: Purpose,
        query: DiffQuery,
        limit: int = 7,
        dataset: str = "d1",
    ) -> list[DiffPage]:
        """All pages of a difference."""
        found: list[DiffPage] = []
        cursor = None
        while not found or cursor is not None:
            found.append(
                read_diff(self.gateway, who, dataset, purpose, query, limit=limit, cursor=cursor)
            )
            cursor = found[-1].next_cursor
        return found


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    yield from made(tmp_path)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    yield from made(tmp_path_factory.mktemp("diff"))


def made(folder: Path) -> Iterator[Scene]:
    node = open_node(Settings(data_dir=folder / "data"))
    upgrade(node.database)
    policies = {"d1": policy_with()} | {
        name: policy_with(dataset=name, primary_key=key)
        for key in KEYS
        for name in (f"d_{'_'.join(key) or 'none'}",)
    }
    yield Scene(node, open_gateway(node, policies.__getitem__), policies)
    node.database.dispose()


def person(n: int, version: int = 1) -> str:
    return f"s{version}_{n:032x}"


def by_hand(old: list[Row], new: list[Row], key: tuple[str, ...]) -> tuple[Counter[Any], int, int]:
    """Differences with their number, unchanged rows, and keys that are not unique."""

    def grouped(rows: list[Row]) -> dict[Any, list[Any]]:
        found: dict[Any, list[Any]] = {}
        for row in rows:
            by = tuple(row[name] for name in key)
            found.setdefault(by, []).append(tuple(sorted(row.items())))
        return found

    before, after = grouped(old), grouped(new)
    differences: Counter[Any] = Counter()
    unchanged = duplicates = 0
    for by in before.keys() | after.keys():
        mine, theirs = before.get(by, []), after.get(by, [])
        if key and max(len(mine), len(theirs)) > 1:
            duplicates += 1
        if key and len(mine) == len(theirs) == 1:
            if mine == theirs:
                unchanged += 1
            else:
                differences["changed", mine[0], theirs[0]] += 1
            continue
        gone, come = Counter(mine), Counter(theirs)
        unchanged += sum((gone & come).values())
        differences += Counter({("removed", row, None): n for row, n in (gone - come).items()})
        differences += Counter({("added", None, row): n for row, n in (come - gone).items()})
    return differences, unchanged, duplicates


def told(rows: list[RowChange]) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for one in rows:
        old, new = (
            None if side is None else tuple(sorted((one.key | side).items()))
            for side in (one.old, one.new)
        )
        found[one.kind, old, new] += one.copies
        if one.kind == "changed":
            assert one.old is not None and one.new is not None
            assert set(one.changed) == {n for n in one.old if one.old[n] != one.new[n]}
            assert one.changed
    return found


VALUES = {
    "code": st.sampled_from([None, "a", "b", "c", "'", ""]),
    "part": st.sampled_from([None, 1, 2]),
    "place": st.sampled_from(["330106", "330109", "330200", "331000", None]),
    "sum": st.sampled_from([None, Decimal("0.00"), Decimal("-1.10"), Decimal("12.34")]),
    "day": st.sampled_from([None, date(2026, 1, 1), date(2026, 1, 2)]),
    "note": st.sampled_from([None, "", "x", "y"]),
    "holder": st.sampled_from([None, "王小明", "王大明", "李四"]),
    "number": st.sampled_from([None, person(1), person(2)]),
}
ROWS = st.lists(st.fixed_dictionaries(VALUES), max_size=12)
CALLERS = {
    "anyone": (ANONYMOUS, OPEN),
    "office": (HANDLER, DUTY),
}
KEYS = [("code", "part"), ("code",), (), ("note",), ("holder",), ("number",)]
NARROWED = [
    RowQuery(),
    RowQuery(fields=("sum", "place")),
    RowQuery(filters=(Filter("place", "starts", "3301"),)),
    RowQuery(filters=(Filter("sum", "null", "no"), Filter("code", "ne", "a"))),
]


@given(
    old=ROWS,
    new=ROWS,
    keep=st.booleans(),
    key=st.sampled_from(KEYS),
    who=st.sampled_from(sorted(CALLERS)),
    asked=st.sampled_from(NARROWED),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_difference_is_that_of_what_the_reader_gets_of_each_snapshot(
    kept: Scene,
    old: list[Row],
    new: list[Row],
    keep: bool,
    key: tuple[str, ...],
    who: str,
    asked: RowQuery,
) -> None:
    dataset = f"d_{'_'.join(key) or 'none'}"
    first = kept.load(old, dataset=dataset)
    second = kept.load([*old[2:], *new] if keep else new, dataset=dataset)
    principal, purpose = CALLERS[who]
    pages = kept.diff(principal, purpose, DiffQuery(first, second, asked), dataset=dataset)
    basis = pages[0].basis
    usable = not set(key) & ({"holder"} if who == "office" else {"holder", "note", "number"})
    assert basis.key == (key if usable else ())
    read = replace(asked, fields=basis.fields)
    before, after = (kept.read(principal, purpose, n, read, dataset) for n in (first, second))
    differences, unchanged, duplicates = by_hand(before, after, basis.key)
    found = [row for page in pages for row in page.rows]
    assert told(found) == differences
    assert len(found) == len(differences)
    counts = pages[0].counts
    assert counts is not None
    kinds = Counter[str]()
    for (kind, _, _), n in differences.items():
        kinds[kind] += n
    said = (counts.removed, counts.added, counts.changed, counts.unchanged, counts.duplicate_keys)
    assert said == (
        *(kinds[kind] for kind in ("removed", "added", "changed")),
        unchanged,
        duplicates,
    )


def row(code: str, **more: Any) -> Row:  # Any: values of every type
    return {"code": code, "part": 1, "place": "330106"} | more


CANARY = "canary-secret"


def test_a_change_that_the_reader_may_not_see_is_no_change(scene: Scene) -> None:
    old = [row("a", note=CANARY, holder="王小明"), row("b", note="n"), row("x", place="331000")]
    new = [row("a", note="n", holder="王大明"), row("b", note="n"), row("x", place="331001")]
    query = DiffQuery(scene.load(old), scene.load(new))
    (anyone,) = scene.diff(ANONYMOUS, OPEN, query)
    assert [(one.kind, one.key["code"], one.changed) for one in anyone.rows] == [
        ("changed", "x", ("place",))
    ]
    assert CANARY not in repr(anyone)
    (office,) = scene.diff(HANDLER, DUTY, query)
    # 王小明 and 王大明 are both 王** here, and a row of another city does not exist.
    assert [(one.key["code"], one.changed) for one in office.rows] == [("a", ("note",))]
    assert office.counts is not None
    assert (office.counts.changed, office.counts.unchanged) == (1, 1)
    with pytest.raises(Refused):
        scene.diff(ANONYMOUS, OPEN, replace(query, changed="note", rows=RowQuery(fields=("sum",))))
    with pytest.raises(Refused):
        asked = RowQuery(filters=(Filter("note", "eq", CANARY),))
        scene.diff(ANONYMOUS, OPEN, replace(query, rows=asked))


def test_no_hidden_value_is_in_a_file_of_differences(scene: Scene) -> None:
    first = scene.load([row("a", note=CANARY), row("b")])
    second = scene.load([row("a", note="n"), row("b", sum=Decimal("1.00"))])
    stream = open_diff(scene.gateway, ANONYMOUS, "d1", OPEN, DiffQuery(first, second))
    table = pa.Table.from_batches(list(stream.batches))
    assert CANARY not in str(table.to_pydict())
    assert table.to_pylist() == [
        {
            "_change": 2,
            "_copies": 1,
            "_changed_fields": "sum",
            "code": "b",
            "part": 1,
            "old.place": "330106",
            "new.place": "330106",
            "old.sum": None,
            "new.sum": Decimal("1.00"),
            "old.day": None,
            "new.day": None,
        }
    ]


def test_pages_follow_one_order_and_their_cursor_is_of_one_question(scene: Scene) -> None:
    old = [row(f"{n:02d}", sum=Decimal(n)) for n in range(20)]
    new = [row(f"{n:02d}", sum=Decimal(n % 7)) for n in range(5, 25)]
    query = DiffQuery(scene.load(old), scene.load(new))
    pages = scene.diff(ANONYMOUS, OPEN, query, limit=6)
    found = [(one.kind, one.key["code"]) for page in pages for one in page.rows]
    assert found == [
        *(("removed", f"{n:02d}") for n in range(5)),
        *(("added", f"{n:02d}") for n in range(20, 25)),
        *(("changed", f"{n:02d}") for n in range(7, 20)),
    ]
    assert [len(page.rows) for page in pages] == [6, 6, 6, 5]
    cursor = pages[0].next_cursor
    for other in (replace(query, kind="added"), replace(query, changed="sum")):
        with pytest.raises(BadInput):
            read_diff(scene.gateway, ANONYMOUS, "d1", OPEN, other, cursor=cursor)
    with pytest.raises(BadInput):
        read_diff(scene.gateway, HANDLER, "d1", DUTY, query, cursor=cursor)
    added = scene.diff(ANONYMOUS, OPEN, replace(query, kind="added"))[0]
    assert {one.kind for one in added.rows} == {"added"}
    changed = scene.diff(ANONYMOUS, OPEN, replace(query, changed="sum"), limit=50)[0]
    assert len(changed.rows) == 13


def test_both_snapshots_are_in_the_log_before_anything_leaves(scene: Scene) -> None:
    first, second = scene.load([row("a")]), scene.load([row("b")])
    page = read_diff(scene.gateway, HANDLER, "d1", DUTY, DiffQuery(first, second))
    stream = open_diff(scene.gateway, HANDLER, "d1", DUTY, DiffQuery(first, second))
    with transaction(scene.node.database) as session:
        entries = {e.seq: e for e in session.scalars(select(AuditEntry))}
    said = [page.basis.before.audit_entry, page.basis.after.audit_entry]
    assert [entries[seq or 0].dataset for seq in said] == ["d1", "d1"]
    assert stream.citation.audit_entry in entries
    bodies = [str(e.body) for e in entries.values()]
    for snapshot in (first, second):
        assert sum(str(snapshot) in body for body in bodies) == 2
    list(stream.batches)


def test_the_persons_whose_rows_differ_are_listed(scene: Scene) -> None:
    scene.policies["p1"] = policy_with(
        dataset="p1", subject_key="number", primary_key=("code",), open_class="banned"
    )
    old = [row("a", number=person(1), sum=Decimal(1)), row("b", number=person(2))]
    new = [row("a", number=person(1), sum=Decimal(2)), row("b", number=person(2))]
    first, second = (scene.load(rows, dataset="p1") for rows in (old, new))
    page = read_diff(scene.gateway, HANDLER, "p1", DUTY, DiffQuery(first, second))
    assert [one.key for one in page.rows] == [{"code": "a"}]
    with transaction(scene.node.database) as session:
        subjects = session.execute(select(AuditSubject.seq, AuditSubject.subject)).all()
    seqs = {page.basis.before.audit_entry, page.basis.after.audit_entry}
    assert {seq for seq, _ in subjects} == seqs
    assert len({one for _, one in subjects}) == 1, "the other person's row did not differ"
    assert page.about_persons


def test_more_persons_than_an_entry_lists_are_not_counted(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diff, "SUBJECTS_LISTED", 3)
    scene.policies["p1"] = policy_with(dataset="p1", subject_key="number", primary_key=("code",))
    for differing, expected in ((3, 3), (4, None)):
        old = [row(f"{n}", number=person(n), sum=Decimal(1)) for n in range(8)]
        new = [one | {"sum": Decimal(2 if n < differing else 1)} for n, one in enumerate(old)]
        first, second = (scene.load(rows, dataset="p1") for rows in (old, new))
        page = read_diff(scene.gateway, HANDLER, "p1", DUTY, DiffQuery(first, second), limit=2)
        assert (page.counts and page.counts.changed) == expected
        assert page.next_cursor is not None, "the pages are there in any case"


def test_what_leaves_by_no_download_leaves_by_no_difference(scene: Scene) -> None:
    no_bulk = frozenset({"no_bulk"})
    scene.policies["p1"] = policy_with(dataset="p1", rules=no_bulk, open_class="banned")
    first, second = scene.load([row("a")], dataset="p1"), scene.load([row("b")], dataset="p1")
    assert scene.read(HANDLER, DUTY, first, RowQuery(), "p1"), "its pages are there"
    for read in (read_diff, open_diff):
        with pytest.raises(Refused):
            read(scene.gateway, HANDLER, "p1", DUTY, DiffQuery(first, second))
    with pytest.raises(Refused):
        read_diff(scene.gateway, ANONYMOUS, "p1", OPEN, DiffQuery(first, second))


def test_a_snapshot_of_before_its_publication_is_compared_by_its_department_alone(
    scene: Scene,
) -> None:
    first, second = scene.load([row("a")]), scene.load([row("b")])
    scene.policies["d1"] = policy_with(published_from=second)
    with pytest.raises(NotFound):
        read_diff(scene.gateway, ANONYMOUS, "d1", OPEN, DiffQuery(first, second))
    with pytest.raises(NotFound):
        read_diff(scene.gateway, ANONYMOUS, "d1", OPEN, DiffQuery(second, first))
    assert read_diff(scene.gateway, HANDLER, "d1", DUTY, DiffQuery(first, second)).rows


def test_pseudonyms_of_two_key_versions_are_left_out(scene: Scene) -> None:
    first = scene.load([row("a", number=person(1))])
    second = scene.load([row("a", number=person(9, 2))], key_version=2)
    page = read_diff(scene.gateway, HANDLER, "d1", DUTY, DiffQuery(first, second))
    assert page.rows == ()
    assert page.basis.left_out == ("number",)
    asked = RowQuery(filters=(Filter("number", "null", "no"),))
    with pytest.raises(BadInput):
        read_diff(scene.gateway, HANDLER, "d1", DUTY, DiffQuery(first, second, asked))


def test_too_many_rows_are_not_compared(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff, "ROWS_LIMIT", 3)
    first, second = (scene.load([row(f"{n}{m}") for n in range(2)]) for m in range(2))
    with pytest.raises(TooLarge):
        read_diff(scene.gateway, ANONYMOUS, "d1", OPEN, DiffQuery(first, second))
    asked = RowQuery(filters=(Filter("code", "starts", "0"),))
    page = read_diff(scene.gateway, ANONYMOUS, "d1", OPEN, DiffQuery(first, second, asked))
    assert len(page.rows) == 2
