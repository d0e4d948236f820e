"""From a field's text to its value, as SQL: what is not certainly a value of the type is NULL.

Nothing is rounded, cut off or completed. A moment that names an offset becomes civil time in
Asia/Shanghai, whatever the format of the file and wherever the machine is: `CIVIL_TIME` is the
time zone of the load's own connection.
"""

from xihu_catalog.contracts.model import Field
from xihu_catalog.contracts.rules import raw_column
from xihu_platform.sql import text_literal

CIVIL_TIME = "Asia/Shanghai"
_IDENTIFIERS = {"citizen_id": "canonical_id", "document_number": "canonical_id"}

# Four digits, none of the words that DuckDB takes for a date: infinity, epoch, 44-03-15 (BC).
_DAY = "[1-9][0-9]{3}[-/][0-9]{1,2}[-/][0-9]{1,2}"
# The lake holds microseconds: a finer moment would lose digits.
_CLOCK = "[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]{1,6}0*)?)?"
_OFFSET = " ?(Z|z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)"
_MOMENT = f"{_DAY}([T ]{_CLOCK})?"
_ZONED = f"{_DAY}[T ]{_CLOCK}{_OFFSET}"


def cast_sql(field: Field) -> str:
    """The value of a field's text after its steps, or NULL where the text is not one."""
    raw = raw_column(field.name)
    if field.type == "VARCHAR":
        kind = "" if field.protected else field.identifier or ""
        return f"nullif({_IDENTIFIERS[kind]}({raw}), '')" if kind in _IDENTIFIERS else raw
    if field.source_format:
        return _by_format(raw, field.source_format, field.type)
    if field.type in {"INTEGER", "BIGINT"}:
        return (
            f"CASE WHEN regexp_full_match({raw}, '[+-]?[0-9]+') "
            f"THEN TRY_CAST({raw} AS {field.type}) END"
        )
    if field.type.startswith("DECIMAL"):
        places = field.type.rstrip(")").split(",")[1]
        pattern = f"[+-]?[0-9]+([.][0-9]{{0,{places}}}0*)?"
        return (
            f"CASE WHEN regexp_full_match({raw}, '{pattern}') "
            f"THEN TRY_CAST({raw} AS {field.type}) END"
        )
    if field.type == "DATE":  # a time of day other than midnight is not cut off
        moment = _moment(raw)
        return (
            f"CASE WHEN regexp_full_match({raw}, '{_DAY}') THEN TRY_CAST({raw} AS DATE) "
            f"WHEN {moment} = date_trunc('day', {moment}) THEN CAST({moment} AS DATE) END"
        )
    if field.type == "TIMESTAMP":
        return _moment(raw)
    if field.type == "BOOLEAN":
        return (
            f"CASE WHEN lower({raw}) IN ('true', '1', '是', 'y') THEN true "
            f"WHEN lower({raw}) IN ('false', '0', '否', 'n') THEN false END"
        )
    return f"TRY_CAST({raw} AS {field.type})"


def _moment(raw: str) -> str:
    instant = f"TRY_CAST({_iso_offset(raw)} AS TIMESTAMPTZ)"
    return (
        f"CASE WHEN regexp_full_match({raw}, '{_MOMENT}') THEN TRY_CAST({raw} AS TIMESTAMP) "
        f"WHEN regexp_full_match({raw}, '{_ZONED}') THEN CAST({instant} AS TIMESTAMP) END"
    )


def _iso_offset(raw: str) -> str:
    """Z, UTC, GMT and +0800 as +00:00 and +08:00, the one form that every parser knows."""
    utc = f"regexp_replace({raw}, ' ?(Z|z|UTC|GMT)$', '+00:00')"
    hours = f"regexp_replace({utc}, ' ?([+-][0-9]{{2}})$', '\\1:00')"
    return f"regexp_replace({hours}, ' ?([+-][0-9]{{2}}):?([0-9]{{2}})$', '\\1:\\2')"


def _by_format(raw: str, form: str, kind: str) -> str:
    """A declared format; its Z, literal or not, is an offset and no decoration."""
    year = "[1-9][0-9]{3}" if "%Y" in form else "[0-9]"
    anchored = f"^{year}" if form.startswith("%Y") else year
    text = raw
    if form.endswith("Z"):
        form = form.removesuffix("Z").removesuffix("%") + "%z"
    if form.endswith("%z"):
        text = f"regexp_replace({raw}, ' ?(Z|z|UTC|GMT)$', '+00:00')"
    parsed = f"try_strptime({text}, {text_literal(form)})"
    return f"CASE WHEN regexp_matches({raw}, '{anchored}') THEN CAST({parsed} AS {kind}) END"
