"""pandera on polars, run by its own environment: the same casts and rules, checked and counted."""

import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


# Any: polars and pandera are not in the environment that types are checked in.
def main(source: str, described: str) -> None:
    import pandera.errors  # type: ignore[import-not-found]
    import polars as pl  # type: ignore[import-not-found]

    fields = json.loads(Path(described).read_text())
    started = perf_counter()
    text = pl.read_csv(source, infer_schema=False)
    frame = text.with_columns(_cast(pl, field) for field in fields if field["type"] != "VARCHAR")
    unlike = {
        f"{f['name']}.type": int((frame[f["name"]].is_null() & text[f["name"]].is_not_null()).sum())
        for f in fields
        if f["type"] != "VARCHAR"
    }
    try:
        _schema(fields).validate(frame, lazy=True)
        counts = {}
    except pandera.errors.SchemaErrors as broken:
        counts = _counts(broken.failure_cases)
    seconds = perf_counter() - started
    status = Path("/proc/self/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0])
    told = {"seconds": seconds, "peak_kb": peak, "rules": {**unlike, **counts}}
    sys.stdout.write(json.dumps(told) + "\n")


def _cast(pl: Any, field: dict[str, Any]) -> Any:
    column = pl.col(field["name"])
    if field["type"] == "DATE":
        return column.str.to_date("%Y-%m-%d", strict=False)
    if field["type"] == "TIMESTAMP":
        return column.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False)
    return column.cast(pl.Int32 if field["type"] == "INTEGER" else pl.Decimal(18, 2), strict=False)


def _schema(fields: list[dict[str, Any]]) -> Any:
    import pandera.polars as pa  # type: ignore[import-not-found]
    import polars as pl

    columns = {f["name"]: _column(pa, f) for f in fields}
    within = pa.Check(
        lambda data: data.lazyframe.select(
            (pl.col("fund_cny") <= pl.col("total_cny")).fill_null(True).alias("fund_within_total")
        ),
        name="fund_within_total",
    )
    return pa.DataFrameSchema(columns, checks=[within])


def _column(pa: Any, field: dict[str, Any]) -> Any:
    checks = []
    if field["pattern"]:
        checks.append(pa.Check.str_matches(field["pattern"]))
    if field["codes"]:
        checks.append(pa.Check.isin(field["codes"]))
    if field["minimum"] is not None and field["maximum"] is not None:
        checks.append(pa.Check.in_range(int(field["minimum"]), int(field["maximum"])))
    elif field["minimum"] is not None:
        checks.append(pa.Check.ge(int(field["minimum"])))
    if field["citizen_id"]:
        checks.append(pa.Check(_check_digit, name="check_digit"))
    return pa.Column(
        checks=checks, nullable=not field["required"], unique=field["unique"], required=True
    )


def _check_digit(data: Any) -> Any:
    import polars as pl

    number = pl.col(data.key)
    total = sum(
        number.str.slice(i, 1).cast(pl.Int32, strict=False) * weight
        for i, weight in enumerate(_WEIGHTS)
    )
    expected = pl.lit("10X98765432").str.slice(total % 11, 1)
    return data.lazyframe.select((expected == number.str.slice(17, 1)).fill_null(True))


def _counts(cases: Any) -> dict[str, int]:
    import polars as pl

    rows = cases.group_by("column", "check").agg(pl.len()).rows()
    return {f"{column}: {check}"[:80]: int(number) for column, check, number in rows}


if __name__ == "__main__":
    main(*sys.argv[1:])
