"""The profile of a load: nulls and distinct values of each field, extremes where harmless."""

from xihu_catalog.contracts.model import Contract, Field
from xihu_platform.sql import identifier


def profile_sql(contract: Contract, relation: str) -> str:
    """One pass over the written rows: four values a field."""
    parts = [
        f"count(*) - count({identifier(f.name)}), approx_count_distinct({identifier(f.name)}), "
        + _extremes(f)
        for f in contract.fields
    ]
    return f"SELECT {', '.join(parts)} FROM {relation}"


def _extremes(field: Field) -> str:
    """A minimum is a value of a row: only of open grades and only of what measures or dates."""
    column = identifier(field.name)
    if field.grade in {"L1", "L2"} and field.identifier is None and field.type != "VARCHAR":
        return f"CAST(min({column}) AS VARCHAR), CAST(max({column}) AS VARCHAR)"
    return "NULL, NULL"


def read_profile(
    contract: Contract, row: tuple[object, ...]
) -> dict[str, dict[str, str | int | None]]:
    names = ("nulls", "distinct", "minimum", "maximum")
    profile: dict[str, dict[str, str | int | None]] = {}
    for index, field in enumerate(contract.fields):
        values = row[4 * index : 4 * index + 4]
        profile[field.name] = {
            name: value if isinstance(value, int) else None if value is None else str(value)
            for name, value in zip(names, values, strict=True)
        }
    return profile
