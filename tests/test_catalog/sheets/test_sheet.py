"""The 编制指南 table: out and back without loss, and every fault with sheet, row and column."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter

from tests.registry import REGISTRY
from xihu_catalog.contracts.load import load_contract, parse_contract
from xihu_catalog.contracts.unconfirmed import TO_CONFIRM
from xihu_catalog.sheets.columns import CATALOGUE, ITEMS
from xihu_catalog.sheets.export import export_table
from xihu_catalog.sheets.importing import BadSheet, import_table
from xihu_platform.errors import BadInput

CONTRACTS = sorted((REGISTRY / "contracts").glob("*.odcs.yaml"))
RESOURCE = {
    "数据集标识": "ga_list",
    "信息资源名称": "名单",
    "信息资源代码": "301001/000001",
    "提供方代码": "113399001001000094",
    "信息资源摘要": "摘要",
    "共享类型": "无条件共享",
    "开放类型": "禁止开放",
    "更新周期": "每月",
}
ITEM = {"数据集标识": "ga_list", "信息项名称": "企业名称", "数据类型": "C", "敏感级别": "L1"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    target = tmp_path_factory.mktemp("table") / "目录.xlsx"
    files = {path.name: path.read_bytes() for path in CONTRACTS}
    assert export_table(files, target) == len(CONTRACTS)
    return import_table(target)


@pytest.mark.parametrize("path", CONTRACTS, ids=[p.name.split(".")[0] for p in CONTRACTS])
def test_a_contract_comes_back_as_it_went_out(path: Path, exported: dict[str, str]) -> None:
    back = parse_contract(exported[path.name].encode(), path.name)
    assert replace(back, digest="") == replace(load_contract(path), digest="")


def table(
    tmp_path: Path,
    resources: Sequence[Mapping[str, object]],
    items: Sequence[Mapping[str, object]],
    leave_out: str = "",
) -> Path:
    path = tmp_path / "表.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name, heads, rows in (("目录", CATALOGUE, resources), ("信息项", ITEMS, items)):
            sheet = book.add_worksheet(name)
            titles = [c.title for c in heads if c.title != leave_out]
            titles += sorted({key for row in rows for key in row} - {c.title for c in heads})
            sheet.write_row(0, 0, titles)
            for number, row in enumerate(rows, 1):
                for title, value in row.items():
                    if title in titles:
                        sheet.write(number, titles.index(title), value)
    return path


def faults(path: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(BadSheet) as caught:
        import_table(path)
    assert all(f.text.zh and f.text.en for f in caught.value.faults)
    return [(f.sheet, f.row, f.column) for f in caught.value.faults]


def test_a_clerks_own_table_becomes_a_draft(tmp_path: Path) -> None:
    item = dict(ITEM, 主键=1, 必填="是")
    money = dict(ITEM, 信息项名称="补贴金额", 数据类型="Y", 长度="12,2", 计量单位="元")
    made = import_table(table(tmp_path, [dict(RESOURCE)], [item, money]))
    text = made["ga_list.odcs.yaml"]
    assert TO_CONFIRM in text  # secrecy, topic and the file are not in that table
    assert "name: firm_name" in text and "DECIMAL(12,2)" in text
    assert "primaryKeyPosition: 1" in text


@pytest.mark.parametrize(
    ("resource", "item", "fault"),
    [
        ({"共享类型": "随便"}, {}, ("目录", 2, "共享类型")),
        ({"共享类型": "有条件共享"}, {}, ("目录", 2, "共享条件")),
        ({"共享类型": "不予共享"}, {}, ("目录", 2, "不予共享依据")),
        ({"提供方代码": "113399001001000095"}, {}, ("目录", 2, "提供方代码")),
        ({"信息资源代码": "9/1"}, {}, ("目录", 2, "信息资源代码")),
        ({"信息资源分类": "基础信息资源"}, {}, ("目录", 2, "信息资源分类")),
        ({"涉密属性": "秘密"}, {}, ("目录", 2, "涉密属性")),
        ({"信息资源名称": ""}, {}, ("目录", 2, "信息资源名称")),
        ({}, {"数据集标识": "ga_other"}, ("信息项", 2, "数据集标识")),
        ({}, {"数据类型": "Z"}, ("信息项", 2, "数据类型")),
        ({}, {"数据类型": "N", "长度": "大"}, ("信息项", 2, "长度")),
        ({}, {"敏感级别": ""}, ("信息项", 2, "敏感级别")),
        ({}, {"主键": "第一"}, ("信息项", 2, "主键")),
        ({}, {"字段名": "企业"}, ("信息项", 2, "字段名")),
        ({}, {"其他属性": "{"}, ("信息项", 2, "其他属性")),
    ],
)
def test_a_fault_names_sheet_row_and_column(
    tmp_path: Path,
    resource: dict[str, object],
    item: dict[str, object],
    fault: tuple[str, int, str],
) -> None:
    path = table(tmp_path, [{**RESOURCE, **resource}], [{**ITEM, **item}])
    assert fault in faults(path)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    bad = {**RESOURCE, "共享类型": "x", "更新周期": "y"}
    found = faults(table(tmp_path, [bad, dict(RESOURCE)], [dict(ITEM), {**ITEM, "数据类型": "?"}]))
    assert {("目录", 2, "共享类型"), ("目录", 2, "更新周期"), ("目录", 3, "数据集标识")} <= set(
        found
    )
    assert ("信息项", 3, "数据类型") in found


def test_missing_and_unknown_columns_are_named(tmp_path: Path) -> None:
    found = faults(table(tmp_path, [{**RESOURCE, "瞎写": "1"}], [dict(ITEM)], leave_out="更新周期"))
    assert {("目录", 1, "更新周期"), ("目录", 1, "瞎写")} <= set(found)


def test_what_is_no_such_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"PK")
    with pytest.raises(BadInput, match="does not open as a workbook"):
        import_table(path)
