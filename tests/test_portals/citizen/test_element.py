"""A data element's page: every attribute of DB33/T 2426, its range, and who uses it."""

import asyncio

import pytest

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.citizen.test_code_list import fetch

ATTRIBUTES = (
    *("标识符", "中文名称", "英文名称", "定义", "数据类型", "数据格式", "值域"),
    *("对象类词", "表示词", "敏感级别", "计量单位", "关系", "来源机构", "所属应用", "备注"),
    *("版本", "发布日期"),
)
"""The 7 basic and the 10 extended attributes of the standard."""


def get(province: Province, path: str, language: str = "zh") -> str:
    answer = asyncio.run(fetch(province, path, {"accept-language": language}))
    assert answer.status_code == 200, answer.text
    return answer.text


def test_every_attribute_of_the_standard_is_shown(province: Province) -> None:
    assert len(ATTRIBUTES) == 17
    text = get(province, "/standards/elements/XH00004")
    assert [one for one in ATTRIBUTES if f"<dt>{one}</dt>" not in text] == []
    assert 'href="/standards/codes/sex"' in text
    assert "GB/T 2261.1-2003" in text


@pytest.mark.parametrize(
    ("element", "words"),
    [
        ("XH00226", "^[0-9A-Z]{8}[0-9X]$"),
        ("XH00059", "≥ 0"),
        ("XH00003", "该类型的任意值"),
        ("XH00042", "GB 11643-1999"),
    ],
)
def test_the_range_of_values_is_said(province: Province, element: str, words: str) -> None:
    assert words in get(province, f"/standards/elements/{element}")


def test_the_datasets_that_use_it_are_named(province: Province) -> None:
    text = get(province, "/standards/elements/XH00004")
    uses = text.split('id="uses"')[1]
    assert uses.count('href="/datasets/') == 2
    assert 'href="/datasets/ga_residents"' in uses
    assert 'href="/datasets/jy_pupils"' in uses


def test_one_that_ended_leads_to_its_successor(province: Province) -> None:
    text = get(province, "/standards/elements/XH00226")
    assert "已于 2015年10月1日 停用" in text
    assert 'href="/standards/elements/XH00012">统一社会信用代码' in text
    assert "目前没有已发布的数据集使用它" in text


def test_it_is_read_in_english(province: Province) -> None:
    text = get(province, "/standards/elements/XH00012", "en")
    assert "<h1>Unified social credit code</h1>" in text
    assert '<span lang="zh">统一社会信用代码</span>' in text


def test_an_element_that_is_not_there_is_an_error(province: Province) -> None:
    call = Call("GET", "/standards/elements/nosuch", "", "wang")
    assert send(province, call, "no_token").status_code == 404


def test_of_closed_data_about_persons_or_firms_no_rule_and_no_zero_is_said(
    province: Province,
) -> None:
    """Neither of a dataset of persons, nor of the closed fields of open data about firms."""
    for element, dataset in (("XH00004", "ga_residents"), ("XH00022", "sg_firms")):
        uses = get(province, f"/standards/elements/{element}").split('id="uses"')[1]
        row = uses.split(f'href="/datasets/{dataset}"')[1].split("</tr>")[0]
        assert "各项检查合计，只公布约数" in row, row
        assert "没有不符合的记录" not in row and ">0<" not in row
