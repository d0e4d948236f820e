"""A whole database at a glance: each table drafted, and a census of what no contract covers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import (
    Column,
    Engine,
    FromClause,
    MetaData,
    Select,
    Table,
    cast,
    func,
    inspect,
    literal_column,
    select,
    types,
)
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.exc import SQLAlchemyError

from xihu_catalog.contracts.model import Contract
from xihu_catalog.drafting.coverage import Coverage, TableNames
from xihu_catalog.drafting.draft import Draft, SourceDraft
from xihu_catalog.drafting.guess import FieldDraft, Guess
from xihu_catalog.drafting.infer import infer
from xihu_catalog.drafting.kinds import Kind
from xihu_catalog.drafting.profile import prepare, profile
from xihu_catalog.drafting.terms import Element, dataset_name, known_elements
from xihu_platform.words import Text

SAMPLE = 500  # rows of each table that are looked at
CELL = 2_000  # characters of a cell that are looked at
WORKERS = 2
_COUNTED = 1_000_000  # tables the database estimates larger are not counted but estimated
_SYSTEM = {"information_schema", "pg_catalog", "mysql", "performance_schema", "sys"}
_STATED = (
    (types.Boolean, "BOOLEAN"),
    (types.BigInteger, "BIGINT"),
    (types.SmallInteger, "INTEGER"),
    (types.Integer, "INTEGER"),
    (types.DateTime, "TIMESTAMP"),
    (types.Date, "DATE"),
)


@dataclass(frozen=True, slots=True)
class ScannedColumn:
    """One table of the database: what the census says of it, and its draft."""

    schema: str | None
    table: str
    title: str
    rows: int | None
    """None where it could not be read."""
    estimated: bool
    columns: int
    covered_by: str | None
    """The dataset whose contract covers it."""
    personal: tuple[str, ...]
    """Columns taken for personal data, each with its kind."""
    draft: Draft | None
    fault: str = ""
    labels: frozenset[str] = frozenset()
    """The names of its columns in lower case, and their comments."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database itself says of one table."""

    schema: str | None
    name: str
    columns: list[ReflectedColumn]
    key: tuple[str, ...]
    comment: str


@dataclass(frozen=True, slots=True)
class Place:
    """How drafts name the database: kind of server and the connection's name in the settings."""

    kind: str
    connection: str
    department: str | None = None
    provider: str | None = None


def scan(
    engine: Engine,
    place: Place,
    contracts: Iterable[Contract],
    progress: Callable[[int, int, str], None] | None = None,
) -> list[ScannedColumn]:
    """Every table, in order of its name. Reads only; `progress` gets how many are done, of how
    many, and the last one.
    """
    existing = list(contracts)
    coverage = Coverage(existing)
    elements = known_elements(existing)
    tables = list(_tables(engine))
    estimates = _estimates(engine)
    found: list[ScannedColumn] = []
    with duckdb.connect(config={"threads": 1}) as root, ThreadPoolExecutor(WORKERS) as pool:
        prepare(root)
        work = pool.map(
            lambda known: _look(engine, root, known, place, coverage, elements, estimates), tables
        )
        for done, each in enumerate(work, 1):
            found.append(each)
            if progress is not None:
                progress(done, len(tables), each.table)
    return _told_apart(found)


def _told_apart(found: list[ScannedColumn]) -> list[ScannedColumn]:
    """Tables whose names read alike in English get numbers: no draft takes another's file."""
    seen: dict[str, int] = {}
    made = []
    for each in found:
        if each.draft is not None:
            dataset = each.draft.dataset
            count = seen[dataset] = seen.get(dataset, 0) + 1
            if count > 1:
                name = f"{dataset[:58]}_{count}"
                each = replace(each, draft=replace(each.draft, dataset=name))
        made.append(each)
    return made


def _tables(engine: Engine) -> Iterator[_Known]:
    """Tables and views with their columns, keys and comments: a few queries, however many."""
    inspector = inspect(engine)
    schemas: list[str | None] = [None]
    if engine.dialect.name == "postgresql":
        schemas = [s for s in inspector.get_schema_names() if s not in _SYSTEM]
    for schema in schemas:
        columns = inspector.get_multi_columns(schema=schema)
        keys = inspector.get_multi_pk_constraint(schema=schema)
        comments: Mapping[Any, object] = {}  # Any: a schema's name or none, and a table's
        if inspector.dialect.supports_comments:
            comments = inspector.get_multi_table_comment(schema=schema)
        for at, listed in sorted(columns.items(), key=lambda item: item[0][1]):
            key = keys.get(at)
            comment = comments.get(at)
            said = comment.get("text") if isinstance(comment, dict) else None
            names = tuple(key["constrained_columns"]) if key else ()
            yield _Known(schema, at[1], list(listed), names, str(said or "").strip())


def _estimates(engine: Engine) -> dict[tuple[str | None, str], int]:
    """Rows as the database's own statistics have them, where they are more than a few."""
    queries = {
        "postgresql": "SELECT n.nspname, c.relname, c.reltuples::bigint FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')",
        "mysql": "SELECT NULL, table_name, table_rows FROM information_schema.tables "
        "WHERE table_schema = database()",
    }
    sql = queries.get(engine.dialect.name)
    if sql is None:
        return {}
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(sql).fetchall()
    return {(schema, str(name)): int(n or 0) for schema, name, n in rows}


def _look(
    engine: Engine,
    root: duckdb.DuckDBPyConnection,
    known: _Known,
    place: Place,
    coverage: Coverage,
    elements: Mapping[str, Element],
    estimates: Mapping[tuple[str | None, str], int],
) -> ScannedColumn:
    labels = _labels(known)
    covered = coverage.find(
        TableNames(place.connection, known.schema, known.name, len(known.columns), labels)
    )
    title = known.comment or known.name
    estimate = estimates.get((known.schema, known.name), 0)
    try:
        with engine.connect() as connection:
            table = _shape(known)
            rows = estimate
            if estimate <= _COUNTED:
                rows = int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            sample = connection.execute(_sampled(table, engine.dialect.name, estimate)).fetchall()
    except SQLAlchemyError as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        count = len(known.columns)
        return ScannedColumn(
            known.schema, known.name, title, None, False, count, covered, (), None, kind, labels
        )
    fields = _fields(root, known, [tuple(row) for row in sample], elements)
    personal = tuple(f"{f.header}:{f.identifier}" for f in fields if _exposes(f))
    return ScannedColumn(
        known.schema,
        known.name,
        title,
        rows,
        estimate > _COUNTED,
        len(known.columns),
        covered,
        personal,
        _draft(known, title, place, fields),
        labels=labels,
    )


def _exposes(field: FieldDraft) -> bool:
    return field.identifier is not None and field.identifier != "uscc"


def _shape(known: _Known) -> Table:
    columns = [Column(str(c["name"]), c["type"]) for c in known.columns]
    return Table(known.name, MetaData(), *columns, schema=known.schema)


def _sampled(table: Table, dialect: str, estimate: int) -> Select[*tuple[Any, ...]]:
    """Texts of some rows: the database casts, cuts and chooses, only the sample is sent."""
    # Any: a row of as many texts as the table has columns.
    source: FromClause = table
    if dialect == "postgresql" and estimate > SAMPLE * 20:
        source = table.tablesample(func.system(min(100.0, 300 * SAMPLE / estimate)))
    text = types.String(CELL) if dialect == "mysql" else types.Text()
    chosen = [
        func.substr(cast(column, text), 1, CELL)
        if _readable(column.type)
        else literal_column("NULL")
        for column in source.columns
    ]
    labelled = [c.label(f"c{i}") for i, c in enumerate(chosen)]
    return select(*labelled).select_from(source).limit(SAMPLE)


def _readable(kind: types.TypeEngine[object]) -> bool:
    return not isinstance(kind, types.LargeBinary | types.NullType)


def _fields(
    root: duckdb.DuckDBPyConnection,
    known: _Known,
    sample: list[tuple[object, ...]],
    elements: Mapping[str, Element],
) -> tuple[FieldDraft, ...]:
    headers = [str(c["name"]) for c in known.columns]
    turned = list(zip(*sample, strict=True)) or [()] * len(headers)
    arrays = [pa.array(column, pa.string()) for column in turned]
    with root.cursor() as connection:  # a cursor has temporary tables of its own
        connection.register("rows", pa.Table.from_arrays(arrays, names=headers))
        connection.execute("CREATE TEMP TABLE sample AS SELECT * FROM rows")
        counted = profile(connection, "sample", headers, sampled=True, find_keys=not known.key)
    titles = {str(c["name"]): str(c["comment"]).strip() for c in known.columns if c.get("comment")}
    declared = {str(c["name"]): kind for c in known.columns if (kind := _stated(c)) is not None}
    given = frozenset(str(c["name"]) for c in known.columns if not c["nullable"])
    return infer(
        counted, elements, titles=titles, declared=declared, key=known.key, never_null=given
    )


def _stated(column: ReflectedColumn) -> Kind | None:
    """The type the database declares; texts and floating numbers are looked at instead."""
    kind = column["type"]
    why = (Guess("type", Text(f"数据库类型 {kind}", f"the database's type {kind}")),)
    if isinstance(kind, types.Numeric) and not isinstance(kind, types.Float):
        if kind.precision is None or kind.precision > 38:
            return None
        return Kind(f"DECIMAL({kind.precision},{kind.scale or 0})", guesses=why)
    stated = next((ours for theirs, ours in _STATED if isinstance(kind, theirs)), None)
    return Kind(stated, guesses=why) if stated else None


def _draft(known: _Known, title: str, place: Place, fields: tuple[FieldDraft, ...]) -> Draft:
    noun = dataset_name(known.name if known.name.isascii() else title)
    if known.schema not in {None, "public"}:
        noun = f"{dataset_name(str(known.schema))}_{noun}"
    dataset = f"{place.department}_{noun}"[:63] if place.department else noun
    named = f"{known.schema}.{known.name}" if known.schema else known.name
    custom: dict[str, object] = {"connection": place.connection, "table": named}
    # ODCS asks for these; where the database really is stands in the settings alone.
    extra: dict[str, object] = {"host": "settings", "port": 0, "database": "settings"}
    kind = place.kind
    if kind == "postgresql":
        extra["schema"] = known.schema or "public"
    if kind == "sqlite":  # ODCS has no such type
        kind, extra = "custom", {}
        custom = {"engine": "sqlite", **custom}
    return Draft(
        dataset,
        title,
        fields,
        SourceDraft("", "", type=kind, custom=custom, extra=extra),
        place.provider,
    )


def _labels(known: _Known) -> frozenset[str]:
    names = {str(c["name"]).lower() for c in known.columns}
    return frozenset(names | {str(c["comment"]).strip() for c in known.columns if c.get("comment")})
