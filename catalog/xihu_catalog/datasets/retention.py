"""How long snapshots are kept: as the settings say, and never longer than the data itself."""

_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


def retention_days(retention: str | None) -> int | None:
    """Days of a contract's retention, such as 10y or 90d; None where it states none.

    >>> retention_days("10y"), retention_days(None)
    (3650, None)
    """
    if not retention or retention[-1] not in _DAYS or not retention[:-1].isdigit():
        return None
    return int(retention[:-1]) * _DAYS[retention[-1]]


def snapshot_days(retention: str | None, kept_days: int) -> int:
    """Days that a snapshot is kept after its commit; `kept_days` is the setting.

    >>> snapshot_days("30d", 90), snapshot_days("10y", 90), snapshot_days(None, 90)
    (30, 90, 90)
    """
    retained = retention_days(retention)
    return min(kept_days, retained) if retained else kept_days
