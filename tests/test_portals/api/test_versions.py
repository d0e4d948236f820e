"""Versions over HTTP: listed, compared, cited, asked for as of a moment; and what is gone."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import httpx
import orjson
import pyarrow.parquet as pq
import pytest
import yaml
from sqlalchemy import select

from tests.province import NOW, Province
from tests.test_portals.versioned import DATASET, only_what_there_is, world
from xihu_catalog.contracts.entries import CatalogueEntryRow
from xihu_catalog.quality.models import Load
from xihu_platform.access.models import ErasureRow
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction

__all__ = ["only_what_there_is", "world"]  # fixtures

pytestmark = pytest.mark.anyio
API = f"/api/v1/datasets/{DATASET}"


def ids(world: Province) -> tuple[int, int]:
    """The older and the newer one."""
    new, old = world.services.node.lake.summaries(f"data.{DATASET}")
    return old, new


async def get(world: Province, path: str, token: str | None = None, **more: str) -> httpx.Response:
    async with world.client(token, Accept_Language="en") as client:
        return await client.get(path, headers=more)


async def rows_of(world: Province, snapshot: int) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    following: str | None = f"{API}/rows?limit=1000&snapshot={snapshot}"
    while following:
        page = (await get(world, following)).json()
        found += page["rows"]
        following = page["next"]
    return found


async def test_versions_are_listed_the_newest_first(world: Province) -> None:
    old, new = ids(world)
    said = (await get(world, f"{API}/versions")).json()
    assert [one["snapshot"] for one in said["versions"]] == [str(new), str(old)]
    assert {one["fate"] for one in said["versions"]} == {"kept"}
    assert said["versions"][0]["cite"].endswith(f"/id/dataset/{DATASET}?snapshot={new}")
    one = (await get(world, f"{API}/versions/{old}")).json()
    assert one == said["versions"][1]
    page = (await get(world, f"{API}/versions?offset=1&limit=1")).json()
    assert [one["snapshot"] for one in page["versions"]] == [str(old)]


async def test_the_difference_is_that_of_both_tables(world: Province) -> None:
    old, new = ids(world)
    said = (await get(world, f"{API}/diff")).json()
    assert [one["snapshot_id"] for one in said["citations"]] == [str(old), str(new)]
    before = {row["penalty_no"]: row for row in await rows_of(world, old)}
    after = {row["penalty_no"]: row for row in await rows_of(world, new)}
    removed, added = before.keys() - after.keys(), after.keys() - before.keys()
    changed = {key for key in before.keys() & after.keys() if before[key] != after[key]}
    found = {kind: set() for kind in ("removed", "added", "changed")}  # type: dict[str, set[str]]
    for row in said["rows"]:
        found[row["kind"]].add(row["key"]["penalty_no"])
        for side, rows in (("old", before), ("new", after)):
            if row[side] is not None:
                assert row["key"] | row[side] == rows[row["key"]["penalty_no"]]
    assert found == {"removed": removed, "added": added, "changed": changed}
    assert [len(one) for one in (removed, added, changed)] == [1, 1, 1]
    assert said["counts"] == {
        "removed": 1,
        "added": 1,
        "changed": 1,
        "unchanged": len(before) - 2,
        "duplicate_keys": 0,
    }
    assert said["by"] == ["penalty_no"]
    (row,) = (one for one in said["rows"] if one["kind"] == "changed")
    assert row["changed"] == ["penalty_type"]


async def test_pages_lead_on_with_the_same_snapshots(world: Province) -> None:
    found = []
    following: str | None = f"{API}/diff?limit=1"
    while following:
        page = (await get(world, following)).json()
        found += [row["kind"] for row in page["rows"]]
        following = page["next"]
    assert found == ["removed", "added", "changed"]
    only = (await get(world, f"{API}/diff?kind=added")).json()
    assert [row["key"]["penalty_no"] for row in only["rows"]] == ["XH-NEW-1"]
    only = (await get(world, f"{API}/diff?changed=penalty_type")).json()
    assert [row["kind"] for row in only["rows"]] == ["changed"]


async def test_files_hold_the_same_differences(world: Province) -> None:
    answer = await get(world, f"{API}/diff.csv")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [line["_change"] for line in lines] == ["0", "1", "2"]
    assert lines[2]["new.penalty_type"] == "警告 & <通报>"
    assert lines[2]["_changed_fields"] == "penalty_type"
    whole = pq.read_table(io.BytesIO((await get(world, f"{API}/diff.parquet")).content))
    assert whole["penalty_no"].to_pylist() == [line["penalty_no"] for line in lines]
    assert b"xihu.synthetic" in whole.schema.metadata


async def test_a_comparison_is_a_read_of_both(world: Province) -> None:
    old, new = ids(world)
    said = (await get(world, f"{API}/diff")).json()
    with transaction(world.services.node.database) as session:
        seqs = [one["audit_entry"] for one in said["citations"]]
        entries = session.scalars(select(AuditEntry).where(AuditEntry.seq.in_(seqs))).all()
    bodies = [orjson.loads(one.body) for one in entries]
    assert [(body["exit"], body["snapshot"]) for body in bodies] == [("diff", old), ("diff", new)]


@pytest.mark.parametrize("path", ["diff", "diff.csv"])
async def test_closed_data_is_not_compared_for_the_public(world: Province, path: str) -> None:
    answer = await get(world, f"/api/v1/datasets/ga_residents/{path}?from=7&to=8")
    assert answer.status_code == 403
    assert answer.json()["reason"]["code"] == "open_banned"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=7", 404),
        ("kind=moved", 422),
        ("changed=penalty_no", 422),
        ("changed=nothing", 422),
        ("fields=nothing", 422),
        ("cursor=00", 422),
        ("limit=1001", 422),
    ],
)
async def test_a_wrong_question_is_told(world: Province, query: str, status: int) -> None:
    assert (await get(world, f"{API}/diff?{query}")).status_code == status


async def test_one_version_alone_is_compared_with_nothing(world: Province) -> None:
    answer = await get(world, "/api/v1/datasets/hb_air_quality_hourly/diff")
    assert answer.status_code == 404
    assert "no earlier snapshot" in answer.json()["detail"]


async def test_rows_and_files_are_asked_for_as_of_a_moment(world: Province) -> None:
    old, new = ids(world)
    versions = (await get(world, f"{API}/versions")).json()["versions"]
    moments = {int(one["snapshot"]): datetime.fromisoformat(one["loaded_at"]) for one in versions}
    before = (moments[new] - timedelta(milliseconds=1)).isoformat().replace("+", "%2B")
    answer = await get(world, f"{API}/rows?limit=1&as_of={before}")
    assert answer.json()["citation"]["snapshot_id"] == str(old)
    answer = await get(world, f"{API}/download.csv?as_of={before}")
    assert answer.headers["x-xihu-snapshot"] == str(old)
    both = await get(world, f"{API}/rows?as_of={before}&snapshot={old}")
    assert both.status_code == 422
    for beyond in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00%2B14:00"):
        answer = await get(world, f"{API}/rows?as_of={beyond}")
        assert answer.status_code == 422 and "calendar" in answer.text, beyond
    early = await get(world, f"{API}/rows?as_of=2020-01-01T00:00:00")
    assert early.status_code == 404


async def test_a_citation_file_names_the_snapshot(world: Province) -> None:
    old, new = ids(world)
    answer = await get(world, f"/datasets/{DATASET}/citation.cff")
    assert yaml.safe_load(answer.text)["version"] == str(new)
    answer = await get(world, f"/datasets/{DATASET}/citation.bib?snapshot={old}")
    assert f"version = {{{old}}}" in answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="citation.bib"'
    assert (await get(world, f"/datasets/{DATASET}/citation.cff?snapshot=7")).status_code == 404
    answer = await get(world, f"/id/dataset/{DATASET}?snapshot={old}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/datasets/{DATASET}/versions?snapshot={old}"


def gone(world: Province, dataset: str, snapshot: int, ground: str | None) -> None:
    """As a load of which the lake has no snapshot, erased or expired."""
    with transaction(world.services.node.database) as session:
        entry = session.get_one(CatalogueEntryRow, dataset)
        entry.published_snapshot = None  # published before all of its loads
        like = session.scalars(select(Load).where(Load.dataset == dataset)).first()
        assert like is not None
        said = {column.key: getattr(like, column.key) for column in Load.__mapper__.column_attrs}
        old = {"id": f"gone{snapshot}", "snapshot_id": snapshot}
        session.merge(Load(**said | old | {"finished_at": NOW - timedelta(days=200)}))
        if ground:
            session.merge(
                ErasureRow(
                    dataset=dataset,
                    snapshot_id=snapshot,
                    ground=ground,
                    erased_on=date(2026, 11, 20),
                )
            )


async def test_a_version_that_is_gone_says_why_and_when(world: Province) -> None:
    gone(world, DATASET, 8, "个人申请")
    gone(world, DATASET, 9, None)
    erased = await get(world, f"{API}/versions/8")
    assert erased.status_code == 410
    assert "erased on 2026-11-20: 个人申请" in erased.json()["detail"]
    expired = await get(world, f"{API}/versions/9")
    assert expired.status_code == 410
    assert expired.json()["error"] == "Expired"
    days = world.services.node.settings.lake.snapshot_days
    day = (NOW - timedelta(days=200) + timedelta(days=days)).date().isoformat()
    assert f"end of its retention, {day}" in expired.json()["detail"]
    cite = await get(world, f"/datasets/{DATASET}/citation.bib?snapshot=8")
    assert cite.status_code == 410
    page = await get(world, f"/datasets/{DATASET}/versions?snapshot=8")
    assert "was erased on 2026-11-20" in page.text
    moment = (NOW - timedelta(days=199)).astimezone(UTC).replace(tzinfo=None).isoformat()
    assert (await get(world, f"{API}/rows?as_of={moment}Z")).status_code == 410


async def test_what_went_before_the_publication_is_not_told(world: Province) -> None:
    old, _ = ids(world)
    gone(world, DATASET, 12, "个人申请")
    with transaction(world.services.node.database) as session:
        session.get_one(CatalogueEntryRow, DATASET).published_snapshot = old
    assert (await get(world, f"{API}/versions/12")).status_code == 404
    assert "12" not in [
        one["snapshot"] for one in (await get(world, f"{API}/versions")).json()["versions"]
    ]


async def test_what_went_before_stays_hidden_once_the_mark_of_the_publication_has_expired(
    world: Province,
) -> None:
    """Whether or not its load is remembered."""
    old, new = ids(world)
    services = world.services
    with transaction(services.node.database) as session:
        entry = session.get_one(CatalogueEntryRow, DATASET)
        before = (entry.published_snapshot, entry.since)
        entry.published_snapshot = 77  # of a load that was made between both, and has expired
        written = services.node.lake.snapshot(f"data.{DATASET}", new).committed_at
        entry.since = written - timedelta(microseconds=1000)
    try:
        said = (await get(world, f"{API}/versions")).json()
        assert [one["snapshot"] for one in said["versions"]] == [str(new)]
        for path in (f"/versions/{old}", f"/rows?snapshot={old}", f"/diff?from={old}&to={new}"):
            assert (await get(world, f"{API}{path}")).status_code == 404, path
        assert (await get(world, f"{API}/rows?snapshot={new}")).status_code == 200
    finally:
        with transaction(services.node.database) as session:
            entry = session.get_one(CatalogueEntryRow, DATASET)
            entry.published_snapshot, entry.since = before


async def test_the_ground_of_an_erasure_is_not_for_whom_the_dataset_is_closed(
    world: Province,
) -> None:
    gone(world, "ga_residents", 11, "某人申请删除")
    for path in (
        "/api/v1/datasets/ga_residents/versions",
        "/api/v1/datasets/ga_residents/versions/11",
        "/datasets/ga_residents/versions?snapshot=11",
        "/datasets/ga_residents/citation.cff?snapshot=11",
    ):
        answer = await get(world, path)
        assert "某人申请删除" not in answer.text
        assert "2026-11-20" not in answer.text
    said = (await get(world, "/api/v1/datasets/ga_residents/versions")).json()
    assert [one["fate"] for one in said["versions"]] == ["kept", "gone"]
    assert [one["rows_rough"] for one in said["versions"]] == [True, False]
