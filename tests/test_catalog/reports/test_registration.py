"""The application to register a data resource: what is known is there, the rest is empty."""

import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests.test_catalog.formats.drawn import contracts, live
from xihu_catalog.datasets.service import Entry, Heartbeat
from xihu_catalog.reports.registration import registration_form, write_form
from xihu_platform.words import LANGUAGES, Language, Text

TITLE, BLANK = Text("申请表", "Form"), Text("待填", "to fill in")
EMPTY = {
    *("登记主体类型", "法定代表人（负责人）", "联系人", "联系电话"),
    *("来源的法律法规依据或授权文件", "来源的合法合规性说明", "资源规模（存储量）"),
    *("是否纳入授权运营范围", "存证机构", "存证编号", "存证时间"),
    *("产品和服务名称", "产品和服务形式", "服务对象", "应用场景", "应用成效"),
    *("评估单位", "评估时间", "评估结论"),
}
"""What the node never knows."""


def form(dataset: str, heart: Heartbeat | None = None) -> dict[str, Text | None]:
    entry = Entry(contracts()[dataset], heart or live())
    parts = registration_form(entry, [])
    assert len(parts) == 7
    return {item.name.zh: item.value for part in parts for item in part.items}


def rows(path: Path) -> Sequence[Sequence[object]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[2:]


def parts_of(path: Path, *names: str) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name).decode() for name in names]


def test_what_the_node_knows_is_filled_in() -> None:
    said = form("ga_residents")
    assert said["资源名称"] == Text("常住人口基本信息", "Basic information on residents")
    assert said["统一社会信用代码"] == Text("113399001001000094", "113399001001000094")
    assert said["信息资源代码"] == Text("101001/000001", "101001/000001")
    assert said["资源规模（记录数）"] == Text("500", "500")
    assert said["快照编号"] == Text("7", "7")
    assert said["共享类型"] == Text("有条件共享", "Shared on conditions")
    assert said["敏感级别（最高）"] == Text("L4", "L4")
    assert said["数据主体"] == Text("含自然人数据", "about persons")


@pytest.mark.parametrize("dataset", ["ga_residents", "sg_supervision_monthly"])
def test_what_it_does_not_know_is_empty(dataset: str) -> None:
    said = form(dataset)
    assert {name for name in EMPTY if said[name] is not None} == set()


def test_without_data_there_is_no_size_and_no_snapshot() -> None:
    said = form("ga_residents", Heartbeat("broken", None, None, 0, None))
    assert {said[one] for one in ("资源规模（记录数）", "快照编号", "数据截至")} == {None}


def test_a_derived_dataset_says_what_it_is_made_of() -> None:
    entry = Entry(contracts()["sg_supervision_monthly"], live())
    parts = registration_form(entry, [Text("甲", "A"), Text("乙", "B")])
    said = {item.name.zh: item.value for item in parts[1].items}
    assert said["加工所用的数据集"] == Text("甲、乙", "A, B")
    assert said["数据来源方式"] is not None
    assert form("ga_residents")["数据来源方式"] is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_has_the_same_and_marks_what_is_empty(language: Language, tmp_path: Path) -> None:
    entry = Entry(contracts()["ga_residents"], live())
    parts = registration_form(entry, [])
    target = tmp_path / "form.xlsx"
    write_form(parts, TITLE, target, language, BLANK)
    cells = {row[0]: row[1] for row in rows(target)}
    items = [item for part in parts for item in part.items]
    for item in items:
        expected = item.value.to(language) if item.value else ""
        assert cells[item.name.to(language)] == expected
    styles, sheet = parts_of(target, "xl/styles.xml", "xl/worksheets/sheet1.xml")
    assert "FFFFF6D6" in styles
    marked = re.findall(r'<c r="B\d+" s="(\d+)"/>', sheet)
    assert Counter(marked).most_common(1)[0][1] == sum(one.value is None for one in items)


def test_a_title_that_looks_like_a_formula_is_a_text(tmp_path: Path) -> None:
    contract = replace(contracts()["ga_residents"], title=Text("=1+1", "=1+1"))
    target = tmp_path / "form.xlsx"
    write_form(registration_form(Entry(contract, live()), []), TITLE, target, "zh", BLANK)
    (cell,) = [row[1] for row in rows(target) if row[0] == "资源名称"]
    assert cell == "=1+1"
    assert "<f>" not in parts_of(target, "xl/worksheets/sheet1.xml")[0]
