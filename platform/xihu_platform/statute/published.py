"""The published calendar in the application database: each year under its versions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from time import monotonic

import sqlalchemy as sa
from sqlalchemy import Engine, ForeignKeyConstraint, Integer, String, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from xihu_platform.clock import Clock
from xihu_platform.database import Base, UtcDateTime, transaction
from xihu_platform.errors import Conflict
from xihu_platform.statute.calendar import CalendarDay, CalendarYear, DayKind, WorkingCalendar
from xihu_platform.words import Text

KEPT_S = 5.0
"""How long a process may go on with a calendar that another one has just replaced."""


class CalendarYearRow(Base):
    """One version of one year's arrangement; the newest is in force."""

    __tablename__ = "calendar_year"
    __table_args__ = (sa.Index("calendar_year_serial", "serial", unique=True),)

    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(sa.Text)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    serial: Mapped[int | None] = mapped_column(Integer)
    """1, 2, …: the order in which arrangements came into force, whatever clocks say."""


class CalendarDayRow(Base):
    """A day that a version names."""

    __tablename__ = "calendar_day"
    __table_args__ = (
        ForeignKeyConstraint(["year", "version"], ["calendar_year.year", "calendar_year.version"]),
    )

    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    year: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(8))
    name_zh: Mapped[str] = mapped_column(sa.Text)
    name_en: Mapped[str] = mapped_column(sa.Text)


@dataclass(frozen=True, slots=True)
class PublishedYear:
    """A version that is in force."""

    arrangement: CalendarYear
    version: int
    since: datetime


def read_calendar(database: Engine, *, since: int = 0) -> WorkingCalendar:
    """The years in force from `since` on."""
    with transaction(database) as session:
        return calendar_in(session, since=since)


def calendar_in(session: Session, *, since: int = 0, serial: int | None = None) -> WorkingCalendar:
    """The same within a transaction; as it was when the arrangement `serial` came into force."""
    versions = _in_force(session, since, serial)
    days = select(CalendarDayRow).where(CalendarDayRow.year >= since)
    return WorkingCalendar(
        versions,
        {
            row.day: _day(row).kind
            for row in session.scalars(days)
            if versions.get(row.year) == row.version
        },
    )


def calendar_serial(session: Session) -> int:
    """Of the newest arrangement; 0 where none is published."""
    return session.scalar(select(func.max(CalendarYearRow.serial))) or 0


class KeptCalendar:
    """The calendar in force, read again where another arrangement has been published; whether one
    was is asked every `KEPT_S` seconds at most."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._asked = -KEPT_S
        self._serial = -1
        self._calendar = WorkingCalendar({}, {})

    def read(self) -> WorkingCalendar:
        now = monotonic()
        if now - self._asked >= KEPT_S:
            with transaction(self._database) as session:
                serial = calendar_serial(session)
                if serial != self._serial:
                    self._calendar, self._serial = calendar_in(session), serial
            self._asked = now
        return self._calendar


def years_since(session: Session, serial: int) -> list[int]:
    """The years that came into force after the arrangement `serial`, in their order."""
    later = select(CalendarYearRow.year).where(CalendarYearRow.serial > serial)
    return list(session.scalars(later.order_by(CalendarYearRow.serial)))


def list_published(database: Engine) -> list[PublishedYear]:
    """Every year in force, with its days in order."""
    with transaction(database) as session:
        versions = _in_force(session, 0)
        years = session.scalars(select(CalendarYearRow).order_by(CalendarYearRow.year)).all()
        rows = session.scalars(select(CalendarDayRow).order_by(CalendarDayRow.day)).all()
    days: dict[tuple[int, int], list[CalendarDay]] = {}
    for row in rows:
        days.setdefault((row.year, row.version), []).append(_day(row))
    return [
        PublishedYear(
            CalendarYear(one.year, one.source, tuple(days.get((one.year, one.version), ()))),
            one.version,
            one.since,
        )
        for one in years
        if versions[one.year] == one.version
    ]


def publish_year(database: Engine, year: CalendarYear, clock: Clock) -> int | None:
    """Put an arrangement in force; its version, or None where it is in force already.

    Raises Conflict where another process puts one in force at the same moment.
    """
    before = next((p for p in list_published(database) if p.arrangement.year == year.year), None)
    wanted = CalendarYear(year.year, year.source, tuple(sorted(year.days, key=lambda d: d.day)))
    if before is not None and before.arrangement == wanted:
        return None
    version = before.version + 1 if before else 1
    try:
        with transaction(database) as session:
            _add(session, wanted, version, clock())
    except IntegrityError:
        raise Conflict(
            f"另一个进程刚刚发布了 {year.year} 年的安排，请重试",
            f"another process has just published the year {year.year}: try again",
        ) from None
    return version


def seed_years(database: Engine, years: Callable[[], list[CalendarYear]], clock: Clock) -> None:
    """Publish the years that a database begins with; one that has any stays as it is."""
    with database.connect() as connection:
        if connection.scalar(select(func.count()).select_from(CalendarYearRow)):
            return
    try:
        with transaction(database) as session:
            for year in years():
                _add(session, year, 1, clock())
    except IntegrityError:  # a process that started at the same moment has done it
        return


def _in_force(session: Session, since: int, serial: int | None = None) -> dict[int, int]:
    newest = select(CalendarYearRow.year, func.max(CalendarYearRow.version))
    newest = newest.where(CalendarYearRow.year >= since).group_by(CalendarYearRow.year)
    if serial is not None:
        newest = newest.where(CalendarYearRow.serial <= serial)
    return {row[0]: row[1] for row in session.execute(newest)}


def _add(session: Session, year: CalendarYear, version: int, now: datetime) -> None:
    row = {"year": year.year, "version": version}
    serial = calendar_serial(session) + 1
    said = {"source": year.source, "since": now, "serial": serial}
    session.execute(insert(CalendarYearRow), [row | said])
    days = [
        row | {"day": d.day, "kind": d.kind, "name_zh": d.name.zh, "name_en": d.name.en}
        for d in year.days
    ]
    session.execute(insert(CalendarDayRow), days)


def _day(row: CalendarDayRow) -> CalendarDay:
    kind: DayKind = "worked" if row.kind == "worked" else "holiday"
    return CalendarDay(row.day, kind, Text(row.name_zh, row.name_en))
