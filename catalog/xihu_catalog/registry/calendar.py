"""Reads the official calendar: the days that each year's notice of the State Council names."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from sqlalchemy import Engine

from xihu_catalog.contracts.errors import Finding
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import FIRST_ROW, BadRegistry, check_rows, read_rows, shown_path
from xihu_platform.clock import Clock
from xihu_platform.statute.calendar import CalendarDay, CalendarYear, is_fixed_holiday
from xihu_platform.statute.published import seed_years
from xihu_platform.visible import hidden_characters, is_blank
from xihu_platform.words import Text

CALENDAR = "calendar.csv"
COLUMNS = ("date", "kind", "name_zh", "name_en", "source")

FIRST_YEAR, LAST_YEAR = 1949, 2099
LONGEST = 200
"""Characters of a name or a source."""


def registry_calendar() -> list[CalendarYear]:
    """The registry's years; a registry may have none. Raises BadRegistry."""
    return read_years(registry_folder() / CALENDAR, optional=True)


def seed_calendar(database: Engine, clock: Clock) -> None:
    """Publish the registry's years in a database that has none."""
    seed_years(database, registry_calendar, clock)


def read_years(path: Path, *, optional: bool = False) -> list[CalendarYear]:
    """The years of a file in order, each complete and without contradiction. Raises BadRegistry."""
    read = read_rows(path, COLUMNS, key=("date",), optional=optional)
    check_rows(path, read, _row_faults)
    rows, file = list(enumerate(read, FIRST_ROW)), shown_path(path)
    years: dict[int, list[tuple[int, dict[str, str]]]] = {}
    for line, row in rows:
        years.setdefault(date.fromisoformat(row["date"]).year, []).append((line, row))
    findings = [
        Finding(file, line, words)
        for year, lines in years.items()
        for line, words in _year_faults(year, lines)
    ]
    if findings:
        raise BadRegistry(findings)
    return [_year(year, [row for _, row in lines]) for year, lines in sorted(years.items())]


def _row_faults(row: dict[str, str]) -> Iterator[Text]:
    try:
        day = date.fromisoformat(row["date"])
    except ValueError:
        yield Text(
            f"date 须是日历上有的日期，写成 2027-01-01，不是“{row['date'][:32]}”",
            f"date is a day of the calendar, written as 2027-01-01, not “{row['date'][:32]}”",
        )
        return
    if row["kind"] not in {"holiday", "worked"}:
        yield Text("kind 须为 holiday 或 worked", "kind is holiday or worked")
    if row["kind"] == "worked" and day.weekday() < 5:
        yield Text(
            f"{day} 不是周六或周日，本来就上班，请删去",
            f"{day} is no Saturday or Sunday and is worked anyway: take it out",
        )
    if str(day) != row["date"]:
        yield Text(f"{row['date']} 应写作 {day}", f"{row['date']} must be written {day}")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        yield Text(
            f"{day} 不在 {FIRST_YEAR} 至 {LAST_YEAR} 年之间",
            f"{day} is not in the years {FIRST_YEAR} to {LAST_YEAR}",
        )
    for name in ("name_zh", "name_en", "source"):
        if hidden_characters(row[name]) or len(row[name]) > LONGEST:
            yield Text(
                f"{name} 超过 {LONGEST} 字或含有不可见字符",
                f"{name} is longer than {LONGEST} characters or holds invisible ones",
            )
    if row["kind"] == "worked" and is_fixed_holiday(day):
        yield Text(f"{day} 是法定节日，不能上班", f"{day} is a holiday by law and cannot be worked")
    if is_blank(row["source"]):
        yield Text("source 须写明通知的文号", "source names the notice by its number")


def _year_faults(year: int, lines: list[tuple[int, dict[str, str]]]) -> Iterator[tuple[int, Text]]:
    """Contradictions in a year, and days off that the law fixes and the file lacks."""
    for line, row in lines:
        if row["source"] != lines[0][1]["source"]:
            yield (
                line,
                Text(
                    f"{year} 年的 source 不止一个，请统一",
                    f"the year {year} has more than one source: write one",
                ),
            )
    given = {row["date"] for _, row in lines}
    missing = [str(day) for day in _fixed_days(year) if str(day) not in given]
    if missing:
        yield (
            lines[0][0],
            Text(
                f"{year} 年缺少法定节日 {'、'.join(missing)}，请补上",
                f"the year {year} lacks the holidays {', '.join(missing)}: add them",
            ),
        )


def _fixed_days(year: int) -> list[date]:
    days = [date(year, 1, 1), *(date(year, month, n) for month in (5, 10) for n in (1, 2, 3))]
    return [day for day in days if is_fixed_holiday(day)]


def _year(year: int, rows: list[dict[str, str]]) -> CalendarYear:
    days = (
        CalendarDay(
            date.fromisoformat(row["date"]),
            "worked" if row["kind"] == "worked" else "holiday",
            Text(row["name_zh"], row["name_en"]),
        )
        for row in rows
    )
    return CalendarYear(year, rows[0]["source"], tuple(sorted(days, key=lambda one: one.day)))
