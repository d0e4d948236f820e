"""A year's notice as CSV: contradictions and gaps are told by line."""

from pathlib import Path

import pytest

from xihu_catalog.registry.calendar import read_years
from xihu_catalog.registry.reading import BadRegistry

HEADER = "date,kind,name_zh,name_en,source\n"
DAYS = {
    "2027-01-01": "holiday",
    "2027-05-01": "holiday",
    "2027-05-02": "holiday",
    "2027-10-01": "holiday",
    "2027-10-02": "holiday",
    "2027-10-03": "holiday",
}


def notice(folder: Path, *more: str, without: str = "") -> Path:
    path = folder / "2027.csv"
    lines = [f"{d},{kind},节日,holiday,No. 1\n" for d, kind in DAYS.items() if d != without]
    path.write_text("".join([HEADER, *lines, *(f"{line}\n" for line in more)]), encoding="utf-8")
    return path


def test_a_whole_year_is_read_in_the_order_of_days(tmp_path: Path) -> None:
    (found,) = read_years(notice(tmp_path, "2027-02-20,worked,春节,Spring Festival,No. 1"))
    assert (found.year, found.source, len(found.days)) == (2027, "No. 1", 7)
    assert [str(one.day) for one in found.days[:2]] == ["2027-01-01", "2027-02-20"]
    assert found.days[1].kind == "worked"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2027-02-30,holiday,节,day,No. 1", "written as 2027-01-01, not “2027-02-30”"),
        ("2027-02-08,free,节,day,No. 1", "kind is holiday or worked"),
        ("2027-02-08,worked,节,day,No. 1", "is no Saturday or Sunday"),
        ("2033-10-02,worked,节,day,No. 1", "is a holiday by law"),
        ("2027-02-06,worked,节,day,", "source names the notice"),
        ("2027-01-01,holiday,节,day,No. 1", "is in line 2 already"),
        ("2027-02-08,holiday,节,day,No. 2", "more than one source"),
        ("20270208,holiday,节,day,No. 1", "must be written 2027-02-08"),
        ("2027-W06-1,holiday,节,day,No. 1", "must be written 2027-02-08"),
        ("9999-02-08,holiday,节,day,No. 1", "is not in the years 1949 to 2099"),
        ("0001-02-08,holiday,节,day,No. 1", "is not in the years 1949 to 2099"),
        ("2027-02-08,holiday,节\x00,day,No. 1", "holds invisible ones"),
        ("2027-02-08,holiday,节,day\u3164,No. 1", "holds invisible ones"),
        (f"2027-02-08,holiday,节,{'d' * 201},No. 1", "longer than 200"),
    ],
)
def test_a_line_that_cannot_be_is_told(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(BadRegistry) as wrong:
        read_years(notice(tmp_path, line))
    (finding,) = wrong.value.findings
    assert finding.line == 8
    assert words in finding.text.en


@pytest.mark.parametrize("day", DAYS)
def test_a_holiday_that_the_law_fixes_is_missed(tmp_path: Path, day: str) -> None:
    with pytest.raises(BadRegistry, match=f"lacks the holidays {day}"):
        read_years(notice(tmp_path, without=day))


def test_2_may_is_a_holiday_since_2025_only(tmp_path: Path) -> None:
    path = notice(tmp_path, without="2027-05-02")
    path.write_text(path.read_text(encoding="utf-8").replace("2027-", "2024-"), encoding="utf-8")
    (found,) = read_years(path)
    assert found.year == 2024
