"""Lines of the catalogue report: the sheet's columns, what stays in the node, and digests."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import orjson
import pytest

from tests.registry import REGISTRY
from tests.test_catalog.formats.drawn import contracts, draw, facts_of, live
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.reports.lines import (
    ENTRY_COLUMNS,
    INSIDE,
    ITEM_COLUMNS,
    ReportLine,
    contract_line,
    facts_line,
)


def line_of(dataset: str, *, changed: tuple[str, str] = ("", "")) -> ReportLine:
    name = f"{dataset}.odcs.yaml"
    content = (REGISTRY / "contracts" / name).read_bytes()
    content = content.replace(changed[0].encode(), changed[1].encode()) if changed[0] else content
    return contract_line(parse_contract(content, name), content)


def test_a_contract_is_in_the_columns_of_the_sheet() -> None:
    line = line_of("ga_residents")
    assert line.entry["信息资源名称"] == "常住人口基本信息"
    assert line.entry["信息资源代码"] == "101001/000001"
    assert line.entry["共享类型"] == "有条件共享"
    assert line.entry["更新周期"] == "每日"
    names = [one["信息项名称"] for one in line.items]
    assert names == [one.title.zh for one in contracts()["ga_residents"].fields]


@pytest.mark.parametrize("dataset", sorted(contracts()))
def test_no_column_that_stays_in_the_node_is_in_a_line(dataset: str) -> None:
    line = line_of(dataset)
    assert line.entry.keys() <= set(ENTRY_COLUMNS)
    assert {title for one in line.items for title in one} <= set(ITEM_COLUMNS)
    assert INSIDE.isdisjoint({*ENTRY_COLUMNS, *ITEM_COLUMNS})
    path = contracts()[dataset].source.path
    assert not path or path not in line.line().decode()


def test_how_a_file_is_read_changes_no_digest_and_what_it_says_does() -> None:
    line = line_of("ga_residents")
    read_otherwise = line_of(
        "ga_residents", changed=("encoding, value: gb18030", "encoding, value: gbk")
    )
    said_otherwise = line_of("ga_residents", changed=("全省常住人口的证件", "全省居民的证件"))
    assert read_otherwise.digest == line.digest
    assert said_otherwise.digest != line.digest


def test_a_line_says_its_digest_as_a_receiver_works_it_out() -> None:
    said = orjson.loads(line_of("ga_residents").line())
    content = {"entry": said["entry"], "items": said["items"]}
    written = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    assert sha256(written).hexdigest() == said["digest"]


def test_a_harvested_entry_says_what_its_source_says() -> None:
    facts = facts_of("tj_county_economy")
    line = facts_line(facts, "7")
    assert (line.id, line.version) == (facts.id, "7")
    assert line.entry["信息资源名称"] == facts.title.zh
    assert line.entry["开放类型"] == "无条件开放"
    assert line.entry["信息资源格式"] == "电子表格、电子文件"
    assert "共享类型" not in line.entry
    assert [one["字段名"] for one in line.items] == [one.name for one in facts.fields]


def test_a_load_changes_no_line() -> None:
    heart = live()
    later = replace(
        heart, loaded_at=heart.loaded_at and heart.loaded_at + timedelta(days=1), rows=7
    )
    one, two = (facts_line(facts_of("ga_residents", h), "1") for h in (heart, later))
    assert one == two


def test_hostile_entries_are_one_line_each() -> None:
    for facts in draw(100):
        line = facts_line(replace(facts, id="hz-1"), "1").line()  # ids are the node's own
        assert b"\n" not in line
        assert orjson.loads(line)["version"] == "1"
        assert all(orjson.loads(line)["entry"].values())
