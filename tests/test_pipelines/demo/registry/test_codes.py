"""The code lists: complete in both languages, and the divisions those of the real frame."""

import csv
from collections import Counter

import pytest

from tests.registry import REGISTRY

CODES = REGISTRY / "codes"
LISTS = sorted(path.stem for path in CODES.glob("*.csv") if not path.stem.endswith("tiles"))


def _rows(name: str) -> list[dict[str, str]]:
    with (CODES / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", LISTS)
def test_a_code_list_has_unique_codes_and_both_languages(name: str) -> None:
    rows = _rows(name)
    assert len({row["code"] for row in rows}) == len(rows)
    assert all(row["name_zh"] and row["name_en"].isascii() for row in rows)


def test_zhejiang_has_eleven_cities_and_ninety_counties() -> None:
    rows = _rows("divisions")
    assert Counter(row["level"] for row in rows) == {"province": 1, "city": 11, "county": 90}
    cities = {row["code"] for row in rows if row["level"] == "city"}
    assert all(row["parent"] in cities for row in rows if row["level"] == "county")


def test_english_names_of_divisions_follow_the_local_reading() -> None:
    names = {row["name_zh"]: row["name_en"] for row in _rows("divisions")}
    assert names["西湖区"] == "Xihu District"
    assert names["乐清市"] == "Yueqing City"
    assert names["临安区"] == "Lin'an District"
    assert names["莲都区"] == "Liandu District"
    assert names["景宁畲族自治县"] == "Jingning She Autonomous County"


def test_every_county_and_city_has_one_tile() -> None:
    levels = {row["code"]: row["level"] for row in _rows("divisions")}
    for name, level in (("tiles", "county"), ("city_tiles", "city")):
        rows = _rows(name)
        assert {row["code"] for row in rows} == {c for c, found in levels.items() if found == level}
        assert len({(row["col"], row["row"]) for row in rows}) == len(rows)


def test_industry_is_twenty_sections_and_the_divisions_of_manufacturing() -> None:
    codes = [row["code"] for row in _rows("industry")]
    assert "".join(code for code in codes if code.isalpha()) == "ABCDEFGHIJKLMNOPQRST"
    assert [code for code in codes if code.isdigit()] == [str(n) for n in range(13, 44)]
