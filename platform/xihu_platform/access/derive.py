"""A whole query through the access gateway: what a derived dataset is made of, or refers to.

It runs as the department that publishes the result. Each dataset it names stands behind its
filtered form, each read is in the log before the first row, and only text generated from the
checked tree runs. Pseudonyms stay as the lake has them: the rows do not leave it, they come back
through ingestion under a contract that inherits what they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

from xihu_platform.access.allowlist import check_query
from xihu_platform.access.answers import Plan
from xihu_platform.access.decision import Allow
from xihu_platform.access.declared import is_loaded
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.access.scopes import normalize, table_names, tables_read
from xihu_platform.access.written import FOLLOWED_LIMIT, read_sql
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.identity.principal import Principal
from xihu_platform.sql import WRITTEN_IN, Statement, column, integer
from xihu_platform.vault.key_version import RotationUnderWay

EXIT = "derivation"
REFERENCE = "reference"
_LAKE = "data"
_INPUT = "_input_"
"""Before the number of an input in the query that runs; no name of a query may begin so."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """The rows of a derived dataset in a total order; the first batch is empty, with the schema."""

    batches: Iterator[pa.RecordBatch]
    inputs: dict[str, int]
    """The snapshot that was read of each dataset."""
    key_version: int | None
    """Of the pseudonyms among its inputs; None where they have none."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What stands in some fields of a dataset, as SQL over the lake's files for any DuckDB."""

    statement: Statement
    snapshot_id: int
    key_version: int | None
    """Of the pseudonyms among the fields; None where they have none."""


def open_keys(
    gateway: AccessGateway,
    principal: Principal,
    dataset: str,
    fields: tuple[str, ...],
    *,
    purpose: Purpose,
) -> Keys:
    """The rows a department may see of a dataset it refers to, and of these the fields alone.

    Decided and recorded like a derived dataset's inputs; the caller runs the SQL. Raises Refused
    for a dataset or field the department may not see, NotFound where no data is there yet.
    """
    plan = gateway.plan(principal, dataset, purpose, RowQuery(fields=fields), treat=_in_the_lake)
    loaded = {one.name for one in plan.snapshot.columns if is_loaded(one)}
    if lacking := [name for name in fields if name not in loaded]:
        raise NotFound(
            f"数据集 {dataset} 的现有数据还没有字段 {'、'.join(lacking)}",
            f"the data of {dataset} has no field {', '.join(lacking)} yet",
        )
    gateway.record_derivation(principal, plan, purpose, REFERENCE)
    statement = plan.statement(plan.select(*map(column, fields)))
    return Keys(statement, plan.snapshot.id, _one_key_version({dataset: plan}))


def open_derivation(
    gateway: AccessGateway, principal: Principal, query: str, *, purpose: Purpose, where: str
) -> Derivation:
    """Decide, rewrite, record, run.

    Raises BadInput for SQL that may not run, Refused for an input or field the department may
    not see, NotFound for an input without data, RotationUnderWay for inputs whose pseudonyms
    would not join.
    """
    tree = _parsed(query, where)
    parameters = Parameters()
    plans = {
        name: gateway.plan(
            principal, name, purpose, RowQuery(), treat=_in_the_lake, parameters=parameters
        )
        for name in table_names(tree)
    }
    key_version = _one_key_version(plans)
    whole = _rewritten(tree, plans, where)
    for plan in plans.values():
        gateway.record_derivation(principal, plan, purpose, EXIT)
    in_order = _in_total_order(whole)
    for number, plan in enumerate(plans.values()):
        rows = plan.select(*(column(v.name) for v in plan.allow.visible))
        in_order.with_(f"{_INPUT}{number}", as_=rows, copy=False)
    dialect = next(iter(plans.values())).dialect
    return Derivation(
        gateway.engine.stream(parameters.statement(in_order, dialect)),
        {name: plan.snapshot.id for name, plan in plans.items()},
        key_version,
    )


def _in_total_order(whole: exp.Query) -> exp.Select:
    """By all columns, from the first on."""
    numbers = range(1, len(whole.named_selects) + 1)
    tree = exp.Select(expressions=[exp.Star()]).from_(whole.subquery("rows", copy=False))
    by = (exp.Ordered(this=integer(number), nulls_first=False) for number in numbers)
    return tree.order_by(*by, copy=False)


def _one_key_version(plans: dict[str, Plan]) -> int | None:
    """The key version of all pseudonyms that the query can see. Raises RotationUnderWay."""
    found = {
        name: plan.snapshot.key_version
        for name, plan in plans.items()
        if any((field := plan.policy.field(v.name)) and field.pseudonym for v in plan.allow.visible)
    }
    if len(set(found.values())) > 1:
        raise RotationUnderWay(found)
    return next(iter(found.values()), None)


def _parsed(query: str, where: str) -> exp.Query:
    tree = read_sql(query, where, conditions=FOLLOWED_LIMIT)
    if not isinstance(tree, exp.Query):
        raise BadInput(f"{where}：不是一条查询语句", f"{where}: not a query")
    for table in tree.find_all(exp.Table):
        if table.db == _LAKE:
            table.set("db", None)
        if table.db or table.catalog or not isinstance(table.this, exp.Identifier):
            raise BadInput(
                f"{where}：只能读取数据集，不能读取 {table.sql()[:80]}",
                f"{where}: only datasets can be read, not {table.sql()[:80]}",
            )
    check_query(tree, where=where)
    tree = normalize(tree)
    recursive = any(with_.args.get("recursive") for with_ in tree.find_all(exp.With))
    if recursive or not _names(tree, where):
        raise BadInput(
            f"{where}：查询须读取数据集，且不能递归",
            f"{where}: the query must read a dataset, and may not be recursive",
        )
    return tree


def _names(tree: exp.Query, where: str) -> list[str]:
    try:
        return table_names(tree)
    except ValueError:
        raise BadInput(
            f"{where}：查询中有无法判定来源的表，请写得简单一些",
            f"{where}: where a table of the query comes from cannot be told: write it more simply",
        ) from None


def _in_the_lake(allow: Allow) -> Allow:
    fields = tuple(
        replace(v, treatment="clear") if v.treatment == "rekey" else v for v in allow.fields
    )
    return replace(allow, fields=fields)


def _rewritten(tree: exp.Query, plans: dict[str, Plan], where: str) -> exp.Query:
    """The query that runs: columns resolved against what may be seen, datasets by their inputs."""
    made = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    if any(name.startswith(_INPUT) for name in made):
        raise BadInput(f"{where}：名称不能以 {_INPUT} 开头", f"{where}: no name begins {_INPUT}")
    schema: dict[str, object] = {
        name: {v.name: "unknown" for v in plan.allow.visible} for name, plan in plans.items()
    }
    try:
        whole = qualify(
            tree.copy(), schema=schema, dialect=WRITTEN_IN, quote_identifiers=True, identify=True
        )
    except sqlglot.errors.SqlglotError as unknown:
        raise BadInput(
            f"{where}：查询用到了不存在、不可见或有歧义的列（{str(unknown)[:200]}）",
            f"{where}: the query names a column that is not there, not to be seen, or ambiguous "
            f"({str(unknown)[:200]})",
        ) from None
    assert isinstance(whole, exp.Query)
    numbers = {name: number for number, name in enumerate(plans)}
    for table in tables_read(whole):
        if table.name not in numbers or table.db or table.catalog:
            raise BadInput(
                f"{where}：查询用到了未经许可的表 {table.name[:64]}",
                f"{where}: the query reads {table.name[:64]}, which was not planned",
            )
        alias = table.alias_or_name
        table.set("this", exp.to_identifier(f"{_INPUT}{numbers[table.name]}", quoted=True))
        table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    return whole
