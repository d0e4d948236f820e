"""Data as of and loaded at are two facts; whether an entry is late is told by the first."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.province import NOW, Province
from xihu_catalog.contracts.model import UpdateCycle
from xihu_catalog.datasets.as_of import as_of, due_at, newest_value
from xihu_catalog.datasets.service import Catalogue, Heartbeat
from xihu_platform.sql import Statement, identifier
from xihu_platform.statute import published
from xihu_platform.statute.calendar import WorkingCalendar
from xihu_platform.statute.published import KeptCalendar

CALENDAR = WorkingCalendar({2026: 1}, {date(2026, 10, day): "holiday" for day in range(1, 8)})


@pytest.mark.parametrize(
    ("newest", "cycle", "due"),
    [
        (datetime(2026, 11, 22, 23), "realtime", "2026-11-23T01:15:00+08:00"),
        (date(2026, 11, 22), "daily", "2026-11-24T06:00:00+08:00"),
        (datetime(2026, 11, 22, 17, 27), "daily", "2026-11-24T06:00:00+08:00"),
        (date(2026, 10, 1), "monthly", "2026-12-09T18:00:00+08:00"),
        # A Sunday: 2027 is not published yet, so that Saturdays and Sundays are days off.
        (date(2026, 7, 1), "quarterly", "2027-01-26T00:00:00+08:00"),
        # Friday's data is due by Sunday morning: Monday is the next working day.
        (date(2026, 11, 20), "daily", "2026-11-24T00:00:00+08:00"),
        (datetime(2026, 11, 22, 3), "realtime", "2026-11-22T05:15:00+08:00"),
        # Within National Day's week, which ends on 7 October 2026.
        (date(2026, 9, 30), "daily", "2026-10-09T00:00:00+08:00"),
        (date(2026, 11, 22), "on_demand", None),
    ],
)
def test_the_next_data_is_due_a_cycle_after_what_is_covered(
    newest: date, cycle: UpdateCycle, due: str | None
) -> None:
    found = due_at(as_of(newest, cycle).covers_until, cycle, CALENDAR)
    assert (found.isoformat() if found else None) == due


def beat(province: Province, dataset: str, now: datetime) -> Heartbeat:
    node = province.services.node
    contracts = province.services.catalogue.contracts
    return Catalogue(contracts, node.lake, lambda: now).get_entry(dataset).heartbeat


def test_hourly_data_of_22_hours_ago_is_late_however_fresh_its_load(province: Province) -> None:
    newest = datetime(2026, 11, 22, 15, tzinfo=UTC)  # 23:00 in Shanghai
    heart = beat(province, "hb_air_quality_hourly", newest + timedelta(hours=22))
    assert heart.loaded_at is not None
    assert abs(heart.loaded_at - NOW) < timedelta(hours=1)
    assert heart.data_as_of == newest
    assert heart.state == "late"
    assert beat(province, "hb_air_quality_hourly", newest + timedelta(hours=2)).state == "live"


def test_monthly_figures_of_last_month_are_in_time_at_the_end_of_this_month(
    province: Province,
) -> None:
    heart = beat(province, "jx_industrial_output", datetime(2026, 11, 30, tzinfo=UTC))
    assert heart.data_as_of == date(2026, 10, 1)
    assert heart.state == "live"


def test_a_derived_dataset_reaches_as_far_as_its_oldest_input(province: Province) -> None:
    inputs = [
        beat(province, name, NOW).data_as_of or date.max
        for name in ("sg_inspections", "fg_penalties")
    ]
    assert beat(province, "sg_supervision_monthly", NOW).data_as_of == min(inputs)


def test_without_a_time_field_the_load_is_all_that_is_known(province: Province) -> None:
    heart = beat(province, "jy_schools", NOW)
    assert heart.data_as_of is None
    assert heart.state == "live"


def test_the_newest_value_is_the_greatest_of_all_rows(province: Province) -> None:
    node = province.services.node
    compared = 0
    for contract in province.services.catalogue.contracts.all().values():
        field = contract.time_field
        if field is None:
            continue
        snapshot = node.lake.snapshot(contract.table)
        engine = province.services.gateway.engine
        sql = f"SELECT max({identifier(field)}) AS newest FROM {engine.relation(snapshot).sql}"
        newest = engine.fetch(Statement(sql)).column("newest")[0].as_py()
        reached = newest_value(snapshot.files, field, snapshot.loaded_at)
        assert reached == newest, contract.dataset  # no row of the demo is of a later day
        compared += 1
    assert compared >= 25


def test_a_file_without_statistics_is_read_for_its_newest_value(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    days = pa.table({"day": pa.array([date(2026, 1, 2), None, date(2026, 3, 4)])})
    nothing = pa.table({"day": pa.array([None, None], pa.date32())})
    for name, table, statistics in (("a", days, False), ("b", nothing, True), ("c", days, True)):
        pq.write_table(table, tmp_path / name, write_statistics=statistics)
    loaded = datetime(2026, 3, 5, tzinfo=UTC)
    assert newest_value([str(tmp_path / "a")], "day", loaded) == date(2026, 3, 4)
    assert newest_value([str(tmp_path / "b")], "day", loaded) is None
    assert newest_value([str(tmp_path / "b"), str(tmp_path / "c")], "day", loaded) == date(
        2026, 3, 4
    )


@pytest.mark.parametrize("statistics", [True, False])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([date(2032, 9, 12), date(2026, 11, 22), date(2026, 11, 23)], date(2026, 11, 23)),
        ([date(2032, 9, 12)], None),
        ([datetime(2026, 11, 23, 3), datetime(2026, 11, 23, 1)], datetime(2026, 11, 23, 1)),
        (
            [datetime(2026, 11, 22, 18, tzinfo=UTC), datetime(2026, 11, 22, 17, tzinfo=UTC)],
            datetime(2026, 11, 22, 17, tzinfo=UTC),
        ),
    ],
)
def test_a_row_of_a_later_day_than_its_load_makes_no_data_fresh(
    tmp_path: Path, values: list[date], expected: date | None, statistics: bool
) -> None:
    """Loaded at 01:30 of the 23rd in Shanghai: by the clock there, or by that of the column."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "a"
    pq.write_table(pa.table({"at": pa.array(values)}), path, write_statistics=statistics)
    loaded = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
    assert newest_value([str(path)], "at", loaded) == expected


def test_another_calendar_is_read_once_it_is_published(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked every few seconds at most: it is the same object until then."""
    moments = iter((100.0, 104.0, 105.0, 106.0))
    monkeypatch.setattr(f"{published.__name__}.monotonic", lambda: next(moments))
    kept = KeptCalendar(province.services.node.database)
    first = kept.read()
    assert first.is_working_day(date(2026, 10, 1)) == (False, False)
    monkeypatch.setattr(published, "calendar_serial", lambda _session: 99)
    assert kept.read() is first
    assert kept.read() is not first
    assert kept.read().is_working_day(date(2026, 10, 1)) == (False, False)
