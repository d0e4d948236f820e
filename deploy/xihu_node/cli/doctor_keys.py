"""What `xihu doctor` says of keys: whether a dataset has duplicate keys.

Up to version 0.1 a load of a large file with code lists could accept a duplicate key.
"""

from collections.abc import Iterator

from sqlalchemy import inspect
from sqlglot import exp

from xihu_catalog.contracts.headers import ContractRow
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.store import ContractStore
from xihu_node.cli.doctor_data import NAMED, open_engine, open_known, open_lake
from xihu_node.cli.findings import DoctorLine
from xihu_pipelines.ingest.compile import unique_rules
from xihu_platform.engines.protocol import Engine
from xihu_platform.lake.tables import Lake
from xihu_platform.settings import Settings
from xihu_platform.sql import Relation, Statement, column, integer, named, render
from xihu_platform.words import Text


def duplicate_keys(settings: Settings) -> DoctorLine:
    """Counts the keys of every dataset: about a second for each million rows."""
    lake, database = open_lake(settings), open_known(settings)
    if (
        lake is None
        or database is None
        or not inspect(database).has_table(ContractRow.__tablename__)
    ):
        return DoctorLine(
            "left out", Text("未检查：还没有数据", "not checked: there are no data yet")
        )
    engine = open_engine(settings, lake)
    found = [
        f"{rule} ({dataset}: {rows:,})"
        for dataset, contract in ContractStore(database).all().items()
        for rule, rows in _duplicates(engine, lake, contract)
    ]
    if not found:
        return DoctorLine("ok", Text("没有", "none"))
    more = f" … +{len(found) - NAMED}" if len(found) > NAMED else ""
    listed = ", ".join(found[:NAMED]) + more
    return DoctorLine(
        "fault",
        Text(
            f"有重复主键：{listed}",
            f"records beyond the first of their key: {listed}",
        ),
        Text(
            "请提供部门重新报送完整文件，再运行 xihu ingest；重复的记录会被隔离",
            "have the providing department hand in the whole file again and run xihu ingest: "
            "duplicates are quarantined then",
        ),
    )


def _duplicates(engine: Engine, lake: Lake, contract: Contract) -> Iterator[tuple[str, int]]:
    """By rule of uniqueness, how many rows there are beyond the first of each key."""
    snapshot = lake.find_snapshot(contract.table)
    if snapshot is None or not snapshot.files:
        return
    known = {one.name for one in snapshot.columns}
    for rule, keys in unique_rules(contract).items():
        if known.issuperset(keys):
            answer = engine.fetch(beyond_the_first(engine.relation(snapshot), keys))
            if rows := int(answer.column(0)[0].as_py() or 0):
                yield rule, rows


def beyond_the_first(relation: Relation, keys: tuple[str, ...]) -> Statement:
    """Counts rows whose key, given in full, an earlier row has; reads no value."""
    given = [column(key).is_(exp.null()).not_() for key in keys]
    keyed = (
        exp.Select(expressions=[named(exp.Count(this=exp.Star()), "n")])
        .from_(relation.table(), copy=False)
        .where(*given)
        .group_by(*(column(key) for key in keys))
        .subquery("keyed")
    )
    beyond = exp.Sum(this=exp.Sub(this=column("n"), expression=integer(1)))
    return Statement(
        render(exp.Select(expressions=[named(beyond, "n")]).from_(keyed), relation.dialect)
    )
