"""Code lists by date. The counts are those of the standards and of the yearbooks, not of the code.

GB/T 4754-2017: 20 sections A to T and 97 divisions; GB/T 4754-2011: 20 and 96. GB/T 3304: 56 ethnic
groups. Zhejiang: 11 cities and 90 counties at the end of 2024, 89 at the end of 2017.
"""

from datetime import date

import pytest

from tests.registry import REGISTRY
from xihu_catalog.registry.code_lists import (
    CODE_LISTS,
    CodeEntry,
    code_entries,
    code_lists,
    get_code_list,
    in_force,
    successors,
)
from xihu_catalog.registry.codes import code_list, divisions, list_names
from xihu_catalog.registry.reading import read_rows
from xihu_platform.errors import NotFound

TODAY = date(2026, 11, 23)


def on(name: str, day: date) -> dict[str, CodeEntry]:
    found = in_force(code_entries(name), day)
    assert len({one.code for one in found}) == len(found)
    return {one.code: one for one in found}


def test_the_industries_of_both_editions_are_as_many_as_the_standard_has() -> None:
    for day, number in ((date(2012, 1, 1), 96), (date(2017, 10, 1), 97), (TODAY, 97)):
        codes = on("gbt_4754", day)
        assert [c for c in codes if c.isalpha()] == list("ABCDEFGHIJKLMNOPQRST")
        assert [c for c in codes if c.isdecimal()] == [f"{n:02}" for n in range(1, number + 1)]


@pytest.mark.parametrize(
    ("code", "former", "now", "after"),
    [
        ("79", "居民服务业", "土地管理业", ["80"]),
        ("82", "教育", "其他服务业", ["83"]),
        ("58", "装卸搬运和运输代理业", "多式联运和运输代理业", ["58", "59"]),
        ("25", "石油加工、炼焦和核燃料加工业", "石油、煤炭及其他燃料加工业", ["25"]),
        ("96", "国际组织", "基层群众自治组织及其他组织", ["97"]),
    ],
)
def test_a_code_means_what_it_meant_on_the_day(
    code: str, former: str, now: str, after: list[str]
) -> None:
    entries = code_entries("gbt_4754")
    before = on("gbt_4754", date(2017, 9, 30))[code]
    assert (before.name.zh, on("gbt_4754", date(2017, 10, 1))[code].name.zh) == (former, now)
    assert [one.code for one in successors(entries, before)] == after


def test_an_industry_that_only_changed_its_code_has_the_same_name_after() -> None:
    entries = code_entries("gbt_4754")
    ended = [one for one in entries if one.valid_to and one.code > "79" or one.code == "79"]
    moved = {o.name.zh: [s.name.zh for s in successors(entries, o)] for o in ended if o.valid_to}
    renamed = {"广播、电视、电影和影视录音制作业", "基层群众自治组织"}
    assert {name for name, after in moved.items() if after != [name]} == renamed


def test_the_extracts_of_the_industries_agree_with_the_whole() -> None:
    whole = code_list("gbt_4754")
    for name in ("industry", "industry_section"):
        assert set(code_list(name).items()) <= set(whole.items())
    assert len(code_list("industry_section")) == 20


@pytest.mark.parametrize(
    ("day", "counties"),
    [
        (date(2014, 12, 31), 90),
        (date(2017, 12, 31), 89),  # 江东区 ended in 2016
        (date(2019, 12, 31), 90),  # 龙港市
        (date(2024, 12, 31), 90),
        (TODAY, 90),
    ],
)
def test_the_divisions_of_the_province_are_as_many_as_there_were(day: date, counties: int) -> None:
    codes = on("divisions", day)
    cities = [c for c in codes if c.endswith("00") and c != "330000"]
    assert (len(cities), len(codes) - len(cities) - 1) == (11, counties)


def test_a_division_of_today_is_in_the_list_of_today_under_its_name() -> None:
    found = {code: one.name for code, one in on("divisions", TODAY).items()}
    assert found == {one.code: one.name for one in divisions().values()}


@pytest.mark.parametrize(
    ("code", "name", "last", "after"),
    [
        ("330104", "江干区", date(2021, 4, 8), ["上城区", "钱塘区"]),
        ("330103", "下城区", date(2021, 4, 8), ["拱墅区"]),
        ("331021", "玉环县", date(2017, 4, 8), ["玉环市"]),
        ("330204", "江东区", date(2016, 9, 13), ["鄞州区"]),
        ("330402", "秀城区", date(2005, 5, 16), ["南湖区"]),
        ("330184", "余杭市", date(2001, 2, 1), ["余杭区"]),
    ],
)
def test_a_county_that_ended_is_found_on_its_last_day(
    code: str, name: str, last: date, after: list[str]
) -> None:
    found = on("divisions", last)[code]
    assert found.name.zh == name
    entries = code_entries("divisions")
    assert sorted(one.name.zh for one in successors(entries, found)) == sorted(after)


def test_a_county_that_was_redrawn_lives_on_with_the_day() -> None:
    found = on("divisions", TODAY)["330110"]
    assert (found.name.zh, found.valid_from) == ("余杭区", date(2001, 2, 2))
    assert found.redrawn == ((date(2021, 4, 9), ("330113",)),)
    assert on("divisions", TODAY)["330114"].valid_from == date(2021, 4, 9)


def test_every_successor_is_in_force_on_the_day() -> None:
    for name in list_names():
        entries = code_entries(name)
        for one in entries:
            assert len(successors(entries, one)) == len(one.successors), (name, one)


def test_sex_and_ethnic_groups_are_those_of_the_standards() -> None:
    assert list(code_list("sex")) == ["0", "1", "2", "9"]
    groups = [code for code in code_list("ethnic") if code < "97"]
    assert groups == [f"{n:02}" for n in range(1, 57)]
    assert {code_list("ethnic")[c].zh for c in ("01", "22", "56")} == {"汉族", "畲族", "基诺族"}


def test_every_list_of_the_demo_says_its_source_and_whether_it_is_whole() -> None:
    rows = read_rows(REGISTRY / CODE_LISTS, ("id", "extent"), key=("id",))
    assert tuple(row["id"] for row in rows) == list_names()
    lists = code_lists()
    assert lists["sex"].whole
    assert not lists["divisions"].whole
    assert lists["divisions"].standard == "GB/T 2260-2007"
    for name in ("sex", "ethnic", "gbt_4754"):
        assert lists[name].standard.startswith("GB/T")
    with pytest.raises(NotFound, match="there is no code list nosuch"):
        get_code_list("nosuch")
