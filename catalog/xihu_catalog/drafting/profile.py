"""Profiles a table of texts, column by column, in DuckDB over all of its rows.

A sample says which kinds of value a column may hold; only those are then counted over the whole,
so that ten million rows cost a few scans of each column and Python sees counts alone.
"""

import re
from dataclasses import dataclass, field, replace
from itertools import combinations
from math import prod
from string import ascii_lowercase, ascii_uppercase, digits

import duckdb

from xihu_catalog.drafting.value_kinds import CLOSER, KINDS, NULL_WORDS
from xihu_catalog.standards.documents import SQL_MACROS
from xihu_platform.sql import identifier, text_literal

SAMPLE = 2_000  # rows that say which kinds are worth counting
LOOKED_AT = 500  # different values of a column in that sample
FEW = 200  # distinct values that may be a code list
LIKELY = 0.5  # share of the sample that makes a kind worth counting
GROUPS = 30  # pairs and threes of columns tried as a key
WIDEST_KEY = 40  # columns they are made of: those of the most values
AT_ONCE = 20  # columns profiled in one statement: a hundred take more memory than a draft is worth


@dataclass(frozen=True, slots=True)
class ProfiledColumn:
    """The counts of one column. Values stand in it only where they are few: `values`."""

    header: str
    rows: int
    given: int
    """Values that are neither empty nor a word for nothing."""
    null_words: tuple[tuple[str, int], ...]
    """The words for nothing that stand in it, each as it is written, and how often."""
    distinct: int
    """Exact up to `FEW`, about right beyond."""
    shortest: int
    longest: int
    counts: dict[str, int] = field(default_factory=dict)
    whole_digits: int = 0
    places: int = 0
    low: str | None = None
    high: str | None = None
    """Smallest and largest number, where it is one."""
    shape: str | None = None
    """The one pattern that all values have."""
    values: tuple[tuple[str, int], ...] = ()
    """Every value and how often, when there are at most `FEW`."""
    guarded: int = 0
    """Values with a tab, an apostrophe or ="…" around; all else is counted without it."""

    def share(self, kind: str) -> float:
        return self.counts.get(kind, 0) / self.given if self.given else 0.0


@dataclass(frozen=True, slots=True)
class Profile:
    """A whole table. `sampled` is true where `rows` are only some of it."""

    columns: tuple[ProfiledColumn, ...]
    rows: int
    sampled: bool
    unique: dict[tuple[str, ...], int]
    """Columns that may be a key, with the number of their distinct values."""


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """The macros of the check digits."""
    for macro in SQL_MACROS:
        connection.execute(macro)


def profile(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    headers: list[str],
    *,
    sampled: bool = False,
    find_keys: bool = True,
) -> Profile:
    """`table` names a table or view whose columns are texts, `headers` what they are called, in
    their order. To DuckDB they are known by their places: it does not tell Name from name.
    """
    names = [f"c{i}" for i in range(len(headers))]
    source = _unguarded(connection, table, names)
    columns: list[ProfiledColumn] = []
    for start in range(0, len(names), AT_ONCE):
        columns += _profiled(connection, source, names[start : start + AT_ONCE])
    rows = columns[0].rows if columns else 0
    unique = _keys(connection, source, tuple(columns), rows) if find_keys else {}
    called = dict(zip(names, headers, strict=True))
    return Profile(
        tuple(replace(c, header=called[c.header]) for c in columns),
        rows,
        sampled,
        {tuple(called[name] for name in key): count for key, count in unique.items()},
    )


def _unguarded(connection: duckdb.DuckDBPyConnection, table: str, names: list[str]) -> str:
    """A table of the texts without guards, and beside each whether it had one."""
    given = [f"given_{name}" for name in names]
    chosen = ", ".join(
        f"unguarded({text}) AS {name}, unguarded({text}) <> trim({text}) AS guarded_{name}"
        for name, text in zip(names, given, strict=True)
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE _texts AS SELECT {chosen} "
        f"FROM {table} AS given({', '.join(given)})"
    )
    return "_texts"


def _profiled(
    connection: duckdb.DuckDBPyConnection, table: str, headers: list[str]
) -> list[ProfiledColumn]:
    rows, basics = _basics(connection, table, headers)
    values = _values(connection, table, [h for h, b in basics.items() if 0 < b.distinct <= FEW * 2])
    counts = _counts(connection, table, rows, _likely_kinds(connection, table, basics))
    numbers = _numbers(connection, table, [h for h, found in counts.items() if "decimal" in found])
    fixed = [h for h, b in basics.items() if b.shortest == b.longest > 2]
    shapes = _shapes(connection, table, fixed)
    words = _words(connection, table, [h for h, b in basics.items() if b.null_words])
    return [
        ProfiledColumn(
            header,
            rows,
            basic.given,
            words.get(header, ()),
            len(values.get(header, ())) or basic.distinct,
            basic.shortest,
            basic.longest,
            counts.get(header, {}),
            *numbers.get(header, (0, 0, None, None)),
            shapes.get(header),
            values.get(header, ()),
            basic.guarded,
        )
        for header, basic in basics.items()
    ]


def value_sql(header: str) -> str:
    """A column's value, or NULL where it is empty or a word for nothing."""
    words = ", ".join(map(text_literal, NULL_WORDS))
    text = identifier(header)
    return f"CASE WHEN {text} = '' OR {text} IN ({words}) THEN NULL ELSE {text} END"


def _words(
    connection: duckdb.DuckDBPyConnection, table: str, headers: list[str]
) -> dict[str, tuple[tuple[str, int], ...]]:
    """The words for nothing in some columns, but for those that another spelling of stands for
    something: NULL is none where Null is somebody's name."""
    lower = ", ".join(text_literal(word.lower()) for word in NULL_WORDS)
    found: dict[str, tuple[tuple[str, int], ...]] = {}
    for header in headers:
        text = identifier(header)
        rows = connection.execute(
            f"SELECT {text} AS v, count(*) FROM {table} WHERE lower({text}) IN ({lower}) "
            "GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
        names = {str(v).lower() for v, _ in rows if v not in NULL_WORDS}
        found[header] = tuple(
            (str(v), _int(n)) for v, n in rows if v in NULL_WORDS and str(v).lower() not in names
        )
    return found


def _values_of(table: str, headers: list[str]) -> str:
    chosen = ", ".join(f"{value_sql(h)} AS {identifier(h)}" for h in headers)
    return f"(SELECT {chosen} FROM {table})"


def _long(source: str, headers: list[str]) -> str:
    """One row for each value: `header`, `v`; empty ones are left out."""
    return f"(UNPIVOT {source} ON {', '.join(map(identifier, headers))} INTO NAME header VALUE v)"


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[object, ...]:
    return tuple(connection.execute(sql).fetchall()[0])


def _int(value: object) -> int:
    return int(str(value)) if value is not None else 0


@dataclass(frozen=True, slots=True)
class _Basic:
    given: int
    null_words: int
    distinct: int
    shortest: int
    longest: int
    guarded: int


def _basics(
    connection: duckdb.DuckDBPyConnection, table: str, headers: list[str]
) -> tuple[int, dict[str, _Basic]]:
    values = ", ".join(
        f"{value_sql(h)} AS v{i}, {identifier(h)} <> '' AS t{i}, guarded_{h} AS g{i}"
        for i, h in enumerate(headers)
    )
    parts = ", ".join(
        f"count(v{i}), count(*) FILTER (v{i} IS NULL AND t{i}), approx_count_distinct(v{i}), "
        f"min(length(v{i})), max(length(v{i})), count(*) FILTER (g{i})"
        for i in range(len(headers))
    )
    sql = f"SELECT count(*), {parts} FROM (SELECT {values} FROM {table})"
    rows, *found = map(_int, _one(connection, sql))
    each = 6
    return rows, {
        header: _Basic(*found[at : at + each])
        for at, header in zip(range(0, len(found), each), headers, strict=True)
    }


def _values(
    connection: duckdb.DuckDBPyConnection, table: str, headers: list[str]
) -> dict[str, tuple[tuple[str, int], ...]]:
    """All values of the columns that have at most `FEW`, the most frequent first."""
    if not headers:
        return {}
    found: dict[str, list[tuple[str, int]]] = {}
    for header, v, n in connection.execute(
        f"SELECT header, v, count(*) AS n FROM {_long(_values_of(table, headers), headers)} "
        "GROUP BY ALL ORDER BY 1, 3 DESC, 2"
    ).fetchall():
        found.setdefault(str(header), []).append((str(v), _int(n)))
    return {header: tuple(each) for header, each in found.items() if len(each) <= FEW}


def _likely_kinds(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    basics: dict[str, _Basic],
) -> dict[str, dict[str, int]]:
    """For each column the kinds that a sample of its values says are worth counting."""
    headers = [h for h, basic in basics.items() if basic.given]
    if not headers:
        return {}
    some = f"(SELECT * FROM {_values_of(table, headers)} USING SAMPLE {SAMPLE} ROWS)"
    rare = [h for h in headers if basics[h].given * 20 < max(b.given for b in basics.values())]
    more = "".join(
        f" UNION ALL (SELECT {text_literal(h)}, {value_sql(h)} FROM {table} "
        f"WHERE {value_sql(h)} IS NOT NULL LIMIT {LOOKED_AT})"
        for h in rare
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE _sample AS SELECT header, v, canonical_text(v) AS u, n FROM "
        f"(SELECT header, v, count(*) AS n FROM (SELECT header, v FROM {_long(some, headers)}"
        f"{more}) GROUP BY ALL) "
        f"QUALIFY row_number() OVER (PARTITION BY header ORDER BY n DESC, v) <= {LOOKED_AT}"
    )
    likely = _looked_at(connection, KINDS, headers)
    for first, closer in CLOSER.items():
        some_headers = [h for h, kinds in likely.items() if first in kinds]
        if some_headers:
            for header, kinds in _looked_at(connection, closer, some_headers).items():
                likely[header] |= kinds
    return {h: kinds for h, kinds in likely.items() if kinds}


def _looked_at(
    connection: duckdb.DuckDBPyConnection, kinds: dict[str, str], headers: list[str]
) -> dict[str, dict[str, int]]:
    """Kinds worth counting; leading zeros, dates and check digits matter where they are few too."""
    few = {"leading_zero", "citizen_id", "uscc", "uscc_shape", "citizen_shape"}
    few |= {kind for kind in kinds if kind.startswith("date ")}
    chosen = ", ".join(f"sum(n) FILTER ({sql})" for sql in kinds.values())
    listed = ", ".join(map(text_literal, headers))
    found = connection.execute(
        f"SELECT header, sum(n), {chosen} FROM (SELECT * FROM _sample WHERE header IN ({listed})) "
        "GROUP BY header"
    ).fetchall()
    return {
        str(header): {
            kind: _int(n)
            for kind, n in zip(kinds, counts, strict=True)
            if n and (kind in few or _int(n) >= _int(total) * LIKELY)
        }
        for header, total, *counts in found
    }


def _counts(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    rows: int,
    likely: dict[str, dict[str, int]],
) -> dict[str, dict[str, int]]:
    """Every likely kind of every column, counted over all rows in one scan."""
    if rows <= LOOKED_AT or not likely:
        return likely  # the sample was the whole
    every = KINDS | {kind: sql for kinds in CLOSER.values() for kind, sql in kinds.items()}
    names = {header: f"c{i}" for i, header in enumerate(likely)}
    values = ", ".join(f"{value_sql(h)} AS {name}" for h, name in names.items())
    forms = ", ".join(f"canonical_text({name}) AS u{name}" for name in names.values())
    flat = [(header, kind) for header, kinds in likely.items() for kind in kinds]
    sums = ", ".join(f"count(*) FILTER ({_on(every[k], names[h])})" for h, k in flat)
    source = f"(SELECT *, {forms} FROM (SELECT {values} FROM {table}))"
    found = _one(connection, f"SELECT {sums} FROM {source}")
    counts: dict[str, dict[str, int]] = {}
    for (header, kind), n in zip(flat, found, strict=True):
        counts.setdefault(header, {})[kind] = _int(n)
    return counts


def _on(sql: str, name: str) -> str:
    """A kind's condition over another column than `v`."""
    return re.sub(r"\bu\b", f"u{name}", re.sub(r"\bv\b", name, sql))


def _numbers(
    connection: duckdb.DuckDBPyConnection, table: str, headers: list[str]
) -> dict[str, tuple[int, int, str | None, str | None]]:
    """Digits before and behind the point, smallest and largest, of the values that are numbers."""
    if not headers:
        return {}
    number = "TRY_CAST(v AS DECIMAL(38,8))"
    text = f"CASE WHEN {KINDS['decimal']} THEN ltrim(v, '+-') END"
    found = connection.execute(
        f"SELECT header, max(length(split_part({text}, '.', 1))), "
        f"max(length(split_part({text}, '.', 2))), min({number}), max({number}) "
        f"FROM {_long(_values_of(table, headers), headers)} GROUP BY header"
    ).fetchall()
    return {
        str(h): (_int(whole), _int(places), _text(low), _text(high))
        for h, whole, places, low, high in found
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


_LETTERS = ascii_uppercase + ascii_lowercase
_SHAPED = f"translate(v, '{digits}{_LETTERS}', '{'9' * 10}{'A' * 26}{'a' * 26}')"


def _shapes(
    connection: duckdb.DuckDBPyConnection, table: str, headers: list[str]
) -> dict[str, str]:
    """The one shape of all values: 9 for a digit, A and a for letters, joining marks as they are.

    Only of ASCII letters, digits and marks: no value can be read from one.
    """
    found = _one_shape(connection, "_sample", headers)
    if not found:
        return {}
    source = _long(_values_of(table, list(found)), list(found))
    whole = _one_shape(connection, source, list(found))
    return {h: s for h, s in whole.items() if all(c in "9Aa-_/" for c in s)}


def _one_shape(
    connection: duckdb.DuckDBPyConnection, source: str, headers: list[str]
) -> dict[str, str]:
    if not headers:
        return {}
    listed = ", ".join(map(text_literal, headers))
    found = connection.execute(
        f"SELECT header, min({_SHAPED}) AS low, max({_SHAPED}) AS high FROM {source} "
        f"WHERE header IN ({listed}) GROUP BY header HAVING low = high"
    ).fetchall()
    return {str(header): str(shape) for header, shape, _ in found}


def _keys(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: tuple[ProfiledColumn, ...],
    rows: int,
) -> dict[tuple[str, ...], int]:
    """Exact counts for single columns that may be unique, else for the likeliest pairs."""
    # A number of things that a few rows lack is a key still: those rows are quarantined.
    most = [c for c in columns if rows and c.given >= 0.99 * rows and not c.places]
    found: dict[tuple[str, ...], int] = {}
    for column in most:
        if column.distinct >= 0.9 * rows:  # approximate; the exact count follows
            found[column.header,] = _distinct(connection, table, (column.header,))
    if rows < 2 or any(nearly(n, rows) for n in found.values()):
        return found
    most = sorted(most, key=lambda c: -c.distinct)[:WIDEST_KEY]
    several = [
        group
        for size in (2, 3)
        for group in combinations(most, size)
        if prod(c.distinct for c in group) >= rows
    ]
    several.sort(key=lambda group: (len(group), prod(c.distinct for c in group)))
    for group in several[:GROUPS]:
        headers = tuple(c.header for c in group)
        count = _distinct(connection, table, headers)
        if nearly(count, rows):
            return found | {headers: count}
    return found


def nearly(distinct: int, rows: int) -> bool:
    """Unique but for a few rows, which ingestion quarantines."""
    return distinct >= rows - max(2, rows // 50) and distinct > 1


def _distinct(connection: duckdb.DuckDBPyConnection, table: str, headers: tuple[str, ...]) -> int:
    chosen = ", ".join(value_sql(h) for h in headers)
    return _int(_one(connection, f"SELECT count(DISTINCT ({chosen})) FROM {table}")[0])
