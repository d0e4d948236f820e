"""How far a dataset's data reaches, which is another thing than when it was loaded.

The newest value of the time field is taken from the statistics of the snapshot's own files, so it
holds for every load mode; the profile in the summary covers the last batch alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from xihu_catalog.contracts.model import UpdateCycle
from xihu_platform.clock import SHANGHAI
from xihu_platform.statute.calendar import WorkingCalendar

CYCLES: dict[UpdateCycle, timedelta | None] = {
    "realtime": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=31),
    "quarterly": timedelta(days=92),
    "yearly": timedelta(days=366),
    "on_demand": None,
}
_GRACE = 1.25  # a quarter of the cycle before an entry is called late
_MONTHS: dict[UpdateCycle, int] = {"monthly": 1, "quarterly": 3, "yearly": 12}


@dataclass(frozen=True, slots=True)
class AsOf:
    """The newest value of the time field, and the moment up to which it covers its subject."""

    value: date | datetime
    """A moment is aware, in Shanghai."""
    covers_until: datetime
    whole_period: bool = False
    """The value is the first day of the period it stands for: 2026-10-01 for October."""


def as_of(newest: date | datetime, cycle: UpdateCycle) -> AsOf:
    """What the newest value says, given how often the dataset is updated.

    Of an hourly dataset it covers its hour; otherwise its day, or the period it begins.

    >>> as_of(date(2026, 10, 1), "monthly").covers_until.isoformat()
    '2026-11-01T00:00:00+08:00'
    >>> as_of(datetime(2026, 11, 22, 23), "realtime").covers_until.isoformat()
    '2026-11-23T00:00:00+08:00'
    """
    if isinstance(newest, datetime):
        moment = newest if newest.tzinfo else newest.replace(tzinfo=SHANGHAI)
        if cycle == "realtime":
            return AsOf(moment, moment + timedelta(hours=1))
        return AsOf(moment, _midnight(moment.astimezone(SHANGHAI).date() + timedelta(days=1)))
    months = _MONTHS.get(cycle)
    if months and newest.day == 1:
        return AsOf(newest, _midnight(_later(newest, months)), whole_period=True)
    return AsOf(newest, _midnight(newest + timedelta(days=1)))


def due_at(covered: datetime, cycle: UpdateCycle, calendar: WorkingCalendar) -> datetime | None:
    """When the next data must be there; None where nothing is promised. A day off moves it to the
    end of the next working day, but for data that is updated by the hour."""
    length = CYCLES[cycle]
    if length is None:
        return None
    due = covered + length * _GRACE
    day = due.astimezone(SHANGHAI).date()
    if cycle == "realtime" or calendar.is_working_day(day)[0]:
        return due
    return _midnight(calendar.add_working_days(day, 1).day + timedelta(days=1))


def newest_value(files: Iterable[str], column: str, loaded: datetime) -> date | datetime | None:
    """The greatest value of a column in Parquet files that is not later than their load; None where
    no row has one.

    A row of tomorrow is a plan or a mistake: it makes no data fresh.
    """
    found = [
        value for file in files if (value := _newest_in(Path(file), column, loaded)) is not None
    ]
    return max(found, default=None)


def _newest_in(path: Path, column: str, loaded: datetime) -> date | datetime | None:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        if column not in file.schema_arrow.names:
            return None
        statistics = _statistics(file.metadata, column)
        if statistics is not None:
            newest = max(statistics, default=None)
            if newest is None or newest <= _like(newest, loaded):
                return newest
        return _greatest(file.read([column]).column(0), loaded)


def _greatest(values: Any, loaded: datetime) -> date | datetime | None:
    # Any: pyarrow ships no types.
    import pyarrow as pa
    import pyarrow.compute as pc

    newest = pc.max(values).as_py()
    if not isinstance(newest, date):
        return None
    limit = pa.scalar(_like(newest, loaded), type=values.type)
    newest = pc.max(values.filter(pc.less_equal(values, limit))).as_py()
    return newest if isinstance(newest, date) else None


def _like(value: date | datetime, moment: datetime) -> date | datetime:
    """A moment as a column says it: its day, or by the clock of Shanghai where it has no zone."""
    if not isinstance(value, datetime):
        return moment.astimezone(SHANGHAI).date()
    return moment if value.tzinfo else moment.astimezone(SHANGHAI).replace(tzinfo=None)


def _statistics(metadata: Any, column: str) -> list[date | datetime] | None:
    # Any: pyarrow ships no types.
    """The greatest value of each row group; None where a group does not say."""
    found: list[date | datetime] = []
    at = next(i for i in range(metadata.num_columns) if metadata.schema.column(i).path == column)
    for group in range(metadata.num_row_groups):
        known = metadata.row_group(group).column(at).statistics
        if known is None:
            return None
        if known.null_count == metadata.row_group(group).num_rows:
            continue
        if not known.has_min_max:
            return None
        found.append(known.max)
    return found


def _later(day: date, months: int) -> date:
    month = day.year * 12 + day.month - 1 + months
    return date(month // 12, month % 12 + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)
