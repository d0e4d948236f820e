"""Compaction, expiry, orphans, purge and erasure: rows stay, what may go is gone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.contracts import PSEUDONYM, contract, field
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.quality import quarantine
from xihu_catalog.schema import upgrade
from xihu_catalog.standards.documents import citizen_check
from xihu_pipelines.housekeeping.compact import compact
from xihu_pipelines.housekeeping.erase import erase
from xihu_pipelines.housekeeping.tidy import tidy
from xihu_pipelines.ingest.existing import existing_sql
from xihu_pipelines.ingest.load import load_file
from xihu_platform.access.models import ErasureRow
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node

AID = contract(
    "mz_aid",
    [
        field("number", grade="L4", required=True, subjectKey=True, vault=True, **PSEUDONYM),
        field("amount", "INTEGER", grade="L3"),
    ],
    mode="append",
    domain="social_security",
    server={"path": "aid.csv"},
    slaProperties=[{"property": "retention", "value": 10, "unit": "y"}],
)
BODIES = [f"3399011990010{n:02d}00"[:17] for n in range(11, 40)]
PEOPLE = [body + citizen_check(body) for body in BODIES]


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def node(tmp_path: Path, clock: Clock) -> Node:
    opened = open_node(Settings(data_dir=tmp_path / "data"), clock=clock)
    upgrade(opened.database)
    return opened


@pytest.fixture
def aid() -> Contract:
    return AID


def hand_in(node: Node, one: Contract, rows: list[tuple[str, object]]) -> Path:
    path = node.settings.data_dir / "intake" / "aid.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{number},{amount}\n" for number, amount in rows)
    path.write_text("number,amount\n" + lines, encoding="utf-8")
    load_file(node, one, path)
    return path


def rows_of(snapshot: Snapshot) -> list[tuple[object, ...]]:
    sql = f"SELECT _record, number, amount FROM {existing_sql(snapshot)} ORDER BY _record"
    return duckdb.connect().execute(sql).fetchall()


def files_of(node: Node) -> set[Path]:
    return set((node.lake.folder / "data" / "mz_aid" / "data").glob("*.parquet"))


def test_compaction_changes_neither_rows_nor_their_age(
    node: Node, aid: Contract, clock: Clock
) -> None:
    for number, person in enumerate(PEOPLE[:9]):
        hand_in(node, aid, [(person, number)])
    before = node.lake.snapshot(aid.table)
    clock.now += timedelta(days=1)
    after = compact(node, aid)
    assert after is not None
    assert len(after.files) == 1
    assert rows_of(after) == rows_of(before)
    assert after.loaded_at == before.loaded_at
    catalogue = Catalogue(ContractStore(node.database), node.lake, clock)
    assert len(catalogue.loads(aid)) == 9
    assert compact(node, aid) is None
    hand_in(node, aid, [(PEOPLE[9], 9)])
    assert [row[0] for row in rows_of(node.lake.snapshot(aid.table))] == list(range(1, 11))


def test_old_snapshots_expire_with_their_files_and_the_newest_never(
    node: Node, aid: Contract, clock: Clock
) -> None:
    for number, person in enumerate(PEOPLE[:9]):
        hand_in(node, aid, [(person, number)])
    first = node.lake.history(aid.table)[-1]
    rows = rows_of(node.lake.snapshot(aid.table))
    assert tidy(node, aid).removed.snapshots == 8, "the vault keeps its newest snapshot alone"
    clock.now += timedelta(days=91)
    done = tidy(node, aid)
    assert done.removed.snapshots >= 9
    assert done.removed.files > 9
    assert len(node.lake.history(aid.table)) == 1
    assert rows_of(node.lake.snapshot(aid.table)) == rows
    assert len(files_of(node)) == 1
    with pytest.raises(NotFound):
        node.lake.snapshot(aid.table, first.id)
    assert tidy(node, aid).removed.files == 0


def test_quarantined_records_stay_through_their_thirtieth_day(
    node: Node, aid: Contract, clock: Clock
) -> None:
    hand_in(node, aid, [(PEOPLE[0], 1), ("bad", 2)])
    load_id = node.lake.snapshot(aid.table).summary["xihu.load-id"]
    clock.now += timedelta(days=quarantine.KEEP_DAYS)
    assert tidy(node, aid).purged == 0
    kept = quarantine.read(node.lake, node.keyring, aid.dataset, load_id)
    assert len(kept) == 1
    clock.now += timedelta(days=1)
    assert tidy(node, aid).purged == 1


def test_a_file_no_snapshot_names_is_removed(node: Node, aid: Contract) -> None:
    hand_in(node, aid, [(PEOPLE[0], 1)])
    orphan = node.lake.data_folder(aid.table) / "left-00000.parquet"
    orphan.write_bytes(b"x")
    assert tidy(node, aid).removed.files >= 1
    assert not orphan.exists()
    assert len(rows_of(node.lake.snapshot(aid.table))) == 1


def test_what_was_set_aside_and_the_raw_file_are_purged_by_rule(
    node: Node, aid: Contract, clock: Clock
) -> None:
    path = hand_in(node, aid, [(PEOPLE[0], 1), ("bad", 2)])
    assert tidy(node, aid).purged == 0
    assert path.exists()
    clock.now += timedelta(days=32)
    done = tidy(node, aid)
    assert (done.purged, done.raw_removed) == (1, True)
    assert not path.exists()
    load_id = node.lake.snapshot(aid.table).summary["xihu.load-id"]
    with pytest.raises(NotFound):
        quarantine.read(node.lake, node.keyring, aid.dataset, load_id)
    sealed = node.lake.folder / "quarantine" / "mz_aid" / "data"
    assert list(sealed.glob("*")) == []


def test_a_contract_of_before_removes_no_file_outside_the_intake_folder(
    node: Node, aid: Contract, clock: Clock
) -> None:
    path = hand_in(node, aid, [(PEOPLE[0], 1)])
    outside = path.rename(path.parents[1] / path.name)
    clock.now += timedelta(days=32)
    leading = replace(aid, source=replace(aid.source, path=f"../{path.name}"))
    assert not tidy(node, leading).raw_removed
    assert outside.exists()


def test_an_erasure_takes_a_person_out_of_every_snapshot_and_says_so(
    node: Node, aid: Contract
) -> None:
    gone, stays = PEOPLE[0], PEOPLE[1]
    hand_in(node, aid, [(stays, 1)])
    clean = node.lake.snapshot(aid.table)
    hand_in(node, aid, [(gone, 2), (gone, "bad")])
    hand_in(node, aid, [(PEOPLE[2], 3)])
    held = [s.id for s in node.lake.history(aid.table)[:2]]

    done = erase(node, aid, gone.lower(), "《个人信息保护法》第四十七条")
    assert (done.rows, done.quarantined, done.vaulted) == (1, 1, 1)
    assert sorted(done.snapshots) == sorted(held)
    subject = node.keyring.pseudonym("citizen_id", gone)
    for snapshot in node.lake.history(aid.table):
        assert subject not in [row[1] for row in rows_of(snapshot)]
    assert node.lake.snapshot(aid.table, clean.id).rows == 1
    assert len(rows_of(node.lake.snapshot(aid.table))) == 2
    with transaction(node.database) as session:
        noted = session.query(ErasureRow).all()
        assert {row.snapshot_id for row in noted} == set(held)
    lying = [p.read_bytes() for p in node.lake.folder.rglob("*.parquet")]
    assert not any(subject.encode() in content for content in lying)
    assert erase(node, aid, gone, "again").rows == 0


def test_an_erasure_needs_a_legal_ground(node: Node, aid: Contract) -> None:
    with pytest.raises(BadInput):
        erase(node, aid, PEOPLE[0], "  ")
