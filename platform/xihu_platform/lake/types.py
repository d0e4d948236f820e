"""The types of the lake: DuckDB's names of them, and Iceberg's."""

import re

from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    IcebergType,
    IntegerType,
    LongType,
    StringType,
    TimestampType,
)

from xihu_platform.errors import BadInput

DECIMAL_DIGITS = 38  # of Iceberg's decimal, and of DuckDB's
_SIMPLE: dict[str, type[IcebergType]] = {
    "VARCHAR": StringType,
    "INTEGER": IntegerType,
    "BIGINT": LongType,
    "BOOLEAN": BooleanType,
    "DATE": DateType,
    "TIMESTAMP": TimestampType,
    "BLOB": BinaryType,
}


def iceberg_type(duckdb_type: str) -> IcebergType:
    """The Iceberg type of a DuckDB type; DOUBLE has none, because sums of it do not repeat.

    >>> str(iceberg_type("DECIMAL(18,2)"))
    'decimal(18, 2)'
    """
    if match := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", duckdb_type):
        precision, scale = int(match[1]), int(match[2])
        if not 1 <= precision <= DECIMAL_DIGITS or scale > precision:
            raise BadInput(
                f"类型 {duckdb_type} 不能入湖：数值至多 {DECIMAL_DIGITS} 位，小数位不多于总位数；"
                "更长的号码请用 VARCHAR",
                f"type {duckdb_type} cannot enter the lake: a number has at most {DECIMAL_DIGITS} "
                "digits, and no more decimal places than digits; take VARCHAR for longer ones",
            )
        return DecimalType(precision, scale)
    if duckdb_type not in _SIMPLE:
        raise BadInput(
            f"类型 {duckdb_type} 不能入湖，请改用 {'、'.join(_SIMPLE)} 或 DECIMAL(p,s)",
            f"type {duckdb_type} cannot enter the lake: use {', '.join(_SIMPLE)} or DECIMAL(p,s)",
        )
    return _SIMPLE[duckdb_type]()


def duckdb_type(kind: IcebergType) -> str:
    if isinstance(kind, DecimalType):
        return f"DECIMAL({kind.precision},{kind.scale})"
    return next(name for name, known in _SIMPLE.items() if isinstance(kind, known))
