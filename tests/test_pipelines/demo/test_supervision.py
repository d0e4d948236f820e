"""The demo's derived dataset: the numbers that its two inputs' files give when counted by hand."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from tests.province import Province
from xihu_catalog.lineage.emit import FILE
from xihu_catalog.quality import quarantine
from xihu_pipelines.demo.province import load_all
from xihu_pipelines.ingest.existing import existing_sql

DERIVED = "sg_supervision_monthly"
Counts = tuple[int, int, int, int, Decimal]
Record = dict[str, str | None]


def records(province: Province, dataset: str) -> Iterator[Record]:
    """The file's records that ingestion kept, read with nothing of ours but their numbers."""
    node = province.services.node
    contract = province.services.catalogue.contracts.get(dataset)
    load = node.lake.snapshot(contract.table).summary["xihu.load-id"]
    rejected = quarantine.read(node.lake, node.keyring, dataset, load, limit=10**6)
    aside = {one.record for one in rejected}
    path = node.settings.data_dir / "intake" / contract.source.path
    for number, record in enumerate(_lines(path), 1):
        if number not in aside:
            yield record


def _lines(path: Path) -> Iterator[Record]:
    if path.suffix == ".jsonl":
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())
        return
    with path.open(encoding="gb18030", newline="") as lines:
        yield from csv.DictReader(lines)


def month_of(record: Record, field: str) -> date:
    return date.fromisoformat((record[field] or "").strip().replace("/", "-")).replace(day=1)


def by_hand(province: Province) -> dict[tuple[str, date], Counts]:
    checks: dict[tuple[str, date], list[Record]] = defaultdict(list)
    fines: dict[tuple[str, date], list[Record]] = defaultdict(list)
    for one in records(province, "sg_inspections"):
        checks[one["行政区划代码"] or "", month_of(one, "检查日期")].append(one)
    for one in records(province, "fg_penalties"):
        fines[one["行政区划代码"] or "", month_of(one, "处罚决定日期")].append(one)
    since = max(min(month for _, month in checks), min(month for _, month in fines))
    return {
        key: (
            len(checks[key]),
            sum(one["检查方式"] == "joint" for one in checks[key]),
            sum(one["检查结果"] in {"rectify", "case"} for one in checks[key]),
            len(fines[key]),
            sum((Decimal(one["罚没金额（元）"] or 0) for one in fines[key]), Decimal("0.00")),
        )
        for key in {*checks, *fines}
        if key[1] > since
    }


def made(province: Province) -> dict[tuple[str, date], Counts]:
    snapshot = province.services.node.lake.snapshot(f"data.{DERIVED}")
    rows = duckdb.connect().execute(
        "SELECT county_code, month, inspections, joint_inspections, problems, penalties, "
        f"fined_cny FROM {existing_sql(snapshot)}"
    )
    return {(code, month): tuple(rest) for code, month, *rest in rows.fetchall()}


def test_its_numbers_are_those_of_the_files_counted_by_hand(province: Province) -> None:
    counted = by_hand(province)
    assert made(province) == counted
    assert any(
        inspections and not penalties for inspections, _, _, penalties, _ in counted.values()
    )


def test_it_is_alive_in_the_catalogue_and_names_the_snapshots_it_was_made_of(
    province: Province,
) -> None:
    services = province.services
    entry = services.catalogue.get_entry(DERIVED)
    # Sparse events of a small province: its newest day may be late, but the data is there.
    assert entry.heartbeat.state in {"live", "late"}
    assert entry.heartbeat.snapshot_id == services.node.lake.snapshot(f"data.{DERIVED}").id
    assert entry.heartbeat.rows == len(made(province))
    lake = services.node.lake
    inputs = json.loads(lake.snapshot(f"data.{DERIVED}").summary["xihu.inputs"])
    assert inputs == {
        name: lake.snapshot(f"data.{name}").id for name in ("fg_penalties", "sg_inspections")
    }


def test_loading_the_demo_tells_its_lineage(province: Province) -> None:
    path = province.services.node.settings.data_dir / "lineage" / FILE
    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    ended = {e["outputs"][0]["name"]: e for e in events if e["eventType"] == "COMPLETE"}
    assert ended.keys() == province.services.catalogue.contracts.all().keys()
    fields = ended[DERIVED]["outputs"][0]["facets"]["columnLineage"]["fields"]
    sources = {(f["name"], f["field"]) for f in fields["fined_cny"]["inputFields"]}
    assert ("fg_penalties", "amount_cny") in sources


def test_loading_the_demo_again_changes_nothing(province: Province) -> None:
    node = province.services.node
    before = {name: node.lake.snapshot(f"data.{name}").id for name in _datasets(province)}
    again = list(load_all(node))
    assert len(again) == len(before)
    assert not any(outcome.fresh for outcome in again)
    assert {o.dataset: o.snapshot_id for o in again} == before


def _datasets(province: Province) -> list[str]:
    return list(province.services.catalogue.contracts.all())
