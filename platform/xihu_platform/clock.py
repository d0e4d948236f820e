"""What "now" is: passed in, never asked for in passing. Data time is civil time in Shanghai."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

Clock = Callable[[], datetime]
"""Returns an aware UTC time."""


def system_clock() -> datetime:
    return datetime.now(UTC)


def civil_date(moment: datetime) -> date:
    """The calendar day in Shanghai at an aware moment.

    >>> civil_date(datetime(2026, 11, 22, 17, 0, tzinfo=UTC)).isoformat()
    '2026-11-23'
    """
    return moment.astimezone(SHANGHAI).date()
