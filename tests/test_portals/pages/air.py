"""The air-quality file read in plain Python: its records that keep the contract's rules."""

import csv
import re
from collections import Counter
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from xihu_catalog.registry.codes import code_list, divisions

AirRow = dict[str, object]
_NUMBERS = {"PM2.5": 1000, "PM10": 2000, "NO2": None, "SO2": None, "O3": None, "CO": None}


def accepted(folder: Path) -> list[AirRow]:
    """By the names of the file's columns; a key that stands twice is accepted once, the first."""
    path = folder / "intake" / "hb_空气质量小时值.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        read = [row for line in csv.DictReader(lines) if (row := _record(line)) is not None]
    seen = Counter[tuple[object, object]]()
    found = []
    for row in read:
        key = row["站点编号"], row["监测时间"]
        if not seen[key]:
            found.append(row)
        seen[key] += 1
    return found


def _record(line: dict[str, str]) -> AirRow | None:
    try:
        row: AirRow = {
            "站点编号": line["站点编号"],
            "监测时间": datetime.strptime(line["监测时间"], "%Y-%m-%d %H:%M"),
            "区划": line["行政区划代码"],
            "空气质量指数": int(line["空气质量指数"]) if line["空气质量指数"] else None,
            "首要污染物": line["首要污染物"] or None,
            **{n: Decimal(line[n]) if line[n] else None for n in _NUMBERS},
        }
    except (ValueError, InvalidOperation):
        return None
    return row if _keeps_rules(row) else None


def _keeps_rules(row: AirRow) -> bool:
    index, fine, coarse = (row[n] for n in ("空气质量指数", "PM2.5", "PM10"))
    within = all(
        row[n] is None or 0 <= row[n] <= (most or 10**9)  # type: ignore[operator]
        for n, most in _NUMBERS.items()
    )
    return (
        re.fullmatch(r"33[0-9]{4}A[0-9]{2}", str(row["站点编号"])) is not None
        and row["区划"] in divisions()
        and (index is None or 0 <= int(str(index)) <= 500)
        and (row["首要污染物"] is None or row["首要污染物"] in code_list("pollutant"))
        and within
        and (fine is None or coarse is None or fine <= coarse)  # type: ignore[operator]
    )
