"""Derived datasets: made through the access gateway as the department, and no less protected."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import orjson
import pytest
from sqlalchemy import select

from tests.entries import take_over_all, unpublished_meanwhile
from tests.province import NOW
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.lineage.inherit import NotInherited, check_inherited
from xihu_pipelines.demo import province as demo
from xihu_pipelines.derive.run import derive
from xihu_pipelines.ingest.existing import existing_sql
from xihu_pipelines.ingest.load import load_file
from xihu_platform.access.start import open_gateway
from xihu_platform.audit.models import AuditEntry, AuditPin
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound, Refused
from xihu_platform.settings import DemoSettings, Settings
from xihu_platform.sql import Statement
from xihu_platform.start import Node, open_node

HEAD = """
apiVersion: v3.1.0
kind: DataContract
id: ID
name: 派生
version: 1.0.0
status: active
domain: economy
servers:
  - server: derived
    type: derived
    customProperties:
      - property: query
        value: |
QUERY
schema:
  - name: ID
    properties:
FIELDS
customProperties:
  - {property: provider, value: "PROVIDER"}
  - {property: resourceCode, value: 307001/1}
  - {property: updateCycle, value: daily}
  - {property: shareClass, value: SHARE}
  - {property: shareConditions, value: 依法履职}
  - {property: shareBasis, value: 法律}
  - {property: openClass, value: banned}
  - {property: secrecy, value: none}
"""
INPUTS = ("rs_social_insurance", "ga_residents", "sg_firms")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Three datasets of the demo, small."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("derive"), demo=DemoSettings(scale=0.005))
    opened = open_node(settings, clock=lambda: NOW)
    demo.settle(opened)
    take_over_all(opened.database)
    folder = demo.files_of(opened)
    for name in INPUTS:
        contract = demo.contracts()[name]
        load_file(opened, contract, folder / contract.source.path)
    yield opened


@pytest.fixture(scope="module")
def known() -> dict[str, Contract]:
    return demo.contracts()


def field(name: str, kind: str = "VARCHAR", grade: str = "L2", more: str = "") -> str:
    logical = {"VARCHAR": "string", "BIGINT": "integer"}.get(kind, "number")
    return (
        f"      - {{name: {name}, businessName: {name}, logicalType: {logical}, "
        f'physicalType: "{kind}", classification: {grade}, customProperties: [{more}]}}\n'
    )


def contract(
    dataset: str, query: str, fields: str, *, provider: str, share: str = "conditional"
) -> Contract:
    text = HEAD.replace("ID", dataset, 1)
    for mark, value in (
        ("- name: ID", f"- name: {dataset}"),
        ("QUERY", "\n".join(f"          {line}" for line in query.strip().splitlines())),
        ("FIELDS\n", fields),
        ("PROVIDER", provider),
        ("SHARE", share),
    ):
        text = text.replace(mark, value)
    return parse_contract(text.encode(), f"{dataset}.odcs.yaml")


@pytest.fixture(scope="module")
def rs(known: dict[str, Contract]) -> str:
    return known["rs_social_insurance"].provider


COUNTED = """
SELECT county_code, insurance_kind, count(*) AS records
FROM data.rs_social_insurance WHERE state = '1' OR state <> '1'
GROUP BY county_code, insurance_kind
"""
COUNTED_FIELDS = field("county_code") + field("insurance_kind") + field("records", "BIGINT")


def table(node: Node, one: Contract) -> list[tuple[object, ...]]:
    snapshot = node.lake.snapshot(one.table)
    names = ", ".join(f.name for f in one.fields)
    sql = f"SELECT {names} FROM {existing_sql(snapshot)} ORDER BY _record"
    return duckdb.connect().execute(sql).fetchall()


def test_a_derived_dataset_is_made_once_for_each_state_of_its_inputs(
    node: Node, known: dict[str, Contract], rs: str
) -> None:
    one = contract("rs_by_county", COUNTED, COUNTED_FIELDS, provider=rs)
    outcome = derive(node, one, known)
    rows = table(node, one)
    source = node.lake.snapshot("data.rs_social_insurance")
    assert sum(int(str(row[2])) for row in rows) == source.rows
    assert outcome.fresh
    assert rows == sorted(rows)
    summary = node.lake.snapshot(one.table).summary
    assert orjson.loads(summary["xihu.inputs"]) == {"rs_social_insurance": source.id}
    assert not derive(node, one, known).fresh
    assert not list((node.settings.data_dir / "tmp").glob("*.arrow"))


def test_what_another_department_has_not_published_is_not_there(
    node: Node, known: dict[str, Contract], rs: str
) -> None:
    """Nor can anybody tell it from what there is not."""
    own = "SELECT uscc, name FROM data.sg_firms"
    columns = field("uscc") + field("name")
    one = contract("sg_own_copy", own, columns, provider=known["sg_firms"].provider)
    theirs = contract("rs_copy", own, columns, provider=rs)
    nowhere = contract("rs_none", own.replace("sg_firms", "sg_nowhere"), columns, provider=rs)
    with unpublished_meanwhile(node.database, "sg_firms"):
        assert derive(node, one, known).fresh
        said = []
        for each in (theirs, nowhere):
            with pytest.raises(NotFound) as missing:
                derive(node, each, known)
            said.append(missing.value.text.en)
    assert said[1] == said[0].replace("rs_copy", "rs_none").replace("sg_firms", "sg_nowhere")


def test_the_read_is_in_the_log_as_the_department(
    node: Node, known: dict[str, Contract], rs: str
) -> None:
    one = contract("rs_logged", COUNTED, COUNTED_FIELDS, provider=rs)
    derive(node, one, known)
    with transaction(node.database) as session:
        newest = select(AuditEntry).where(AuditEntry.dataset == "rs_social_insurance")
        entry = session.scalars(newest.order_by(AuditEntry.seq.desc()).limit(1)).one()
        body = orjson.loads(entry.body)
        pin = session.get_one(AuditPin, entry.pin)
    assert (body["kind"], body["exit"], body["purpose"]) == ("intent", "derivation", "internal")
    asked = orjson.loads(pin.body)
    assert (asked["who"], asked["organisation"], asked["case"]) == ("system", rs, None)
    assert asked["position"] == "derive:rs_logged"


def test_a_subject_key_is_carried_and_the_rows_stay_about_their_people(
    node: Node, known: dict[str, Contract], rs: str
) -> None:
    key = (
        "{property: identifier, value: citizen_id}, {property: protect, value: pseudonym}, "
        "{property: subjectKey, value: true}"
    )
    one = contract(
        "rs_months",
        "SELECT citizen_id, count(*) AS months FROM rs_social_insurance GROUP BY citizen_id",
        field("citizen_id", grade="L4", more=key) + field("months", "BIGINT"),
        provider=rs,
    )
    with pytest.raises(NotInherited, match="shareRules lacks per_case"):
        derive(node, one, known)
    one = replace(one, share_rules=frozenset({"per_case"}))
    derive(node, one, known)
    held = {str(row[0]) for row in table(node, one)}
    source = existing_sql(node.lake.snapshot("data.rs_social_insurance"))
    sql = f"SELECT DISTINCT citizen_id FROM {source}"
    assert held == {str(row[0]) for row in duckdb.connect().execute(sql).fetchall()}
    assert all(value.startswith("s1_") for value in held)


@pytest.mark.parametrize(
    ("fields", "share", "said"),
    [
        (field("who", grade="L2"), "conditional", "who is L2, its sources are L4"),
        (field("who", grade="L4"), "conditional", "comes from a subject key"),
        (field("who", grade="L4"), "unconditional", "narrow it"),
    ],
)
def test_a_contract_that_claims_less_than_its_sources_is_refused(
    node: Node, known: dict[str, Contract], rs: str, fields: str, share: str, said: str
) -> None:
    query = "SELECT citizen_id AS who FROM rs_social_insurance"
    one = contract("rs_who", query, fields, provider=rs, share=share)
    with pytest.raises(NotInherited) as refused:
        derive(node, one, known)
    assert said in refused.value.text.en
    assert node.lake.find_snapshot(one.table) is None


@pytest.mark.parametrize(
    ("share", "said"),
    [("unconditional", "its sources are conditional"), ("conditional", None)],
)
def test_the_strictest_of_several_inputs_decides_the_class(
    node: Node, known: dict[str, Contract], share: str, said: str | None
) -> None:
    """One input is shared unconditionally, the other on conditions: the order must not matter."""
    fields = field("county_code") + field("records", "BIGINT")
    for query in (
        "SELECT a.county_code, count(*) AS records FROM sg_firms a JOIN mz_aid_recipients b "
        "ON a.county_code = b.county_code GROUP BY 1",
        "SELECT b.county_code, count(*) AS records FROM mz_aid_recipients b JOIN sg_firms a "
        "ON a.county_code = b.county_code GROUP BY 1",
    ):
        one = contract("xx_both", query, fields, provider=known["sg_firms"].provider, share=share)
        inputs = {name: known[name] for name in ("sg_firms", "mz_aid_recipients")}
        if said is None:
            assert check_inherited(one, inputs, query) == ()
            continue
        with pytest.raises(NotInherited, match=said):
            check_inherited(one, inputs, query)


def test_a_declassification_is_taken_and_logged(
    node: Node, known: dict[str, Contract], rs: str
) -> None:
    why = "{property: declassified, value: 只有合计}"
    one = contract(
        "rs_total",
        "SELECT count(wage_base_cny) AS bases FROM rs_social_insurance",
        field("bases", "BIGINT", "L1", why),
        provider=rs,
    )
    derive(node, one, known)
    with transaction(node.database) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.dataset == "rs_total")).all()
        bodies = [orjson.loads(entry.body) for entry in entries]
    (logged,) = [body for body in bodies if body["kind"] == "declassification"]
    assert (logged["field"], logged["before"], logged["after"]) == ("bases", "L4", "L1")
    assert logged["why"] == "只有合计"


def test_a_department_derives_only_from_what_it_may_see(
    node: Node, known: dict[str, Contract]
) -> None:
    query = "SELECT county_code, count(*) AS records FROM rs_social_insurance GROUP BY 1"
    one = contract(
        "sg_of_others",
        query,
        field("county_code") + field("records", "BIGINT"),
        provider=known["sg_firms"].provider,
    )
    with pytest.raises(Refused):
        derive(node, one, known)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        'SELECT * FROM "x.parquet"',
        "SELECT getenv('HOME') AS county_code FROM rs_social_insurance",
        "COPY rs_social_insurance TO '/tmp/x'",
        "SELECT county_code FROM rs_social_insurance; DROP TABLE x",
        "SELECT county_code FROM duckdb_secrets()",
        "SELECT county_code FROM other.rs_social_insurance",
        "SELECT query('SELECT 1') AS county_code FROM rs_social_insurance",
        "WITH RECURSIVE r AS (SELECT 1 AS county_code UNION ALL SELECT county_code FROM r) "
        "SELECT county_code FROM r",
        "SELECT CAST(state || 'x' AS BIGINT) AS county_code FROM rs_social_insurance",
        "SELECT 1 AS county_code",
        "SELECT nowhere AS county_code FROM rs_social_insurance",
        "SELECT county_code FROM rs_social_insurance WHERE _record < 5",
        "SELECT county_code FROM rs_social_insurance WHERE _subject IS NULL",
        "WITH _keys AS (SELECT * FROM _keys) SELECT inside AS county_code FROM _keys, "
        "rs_social_insurance",
        "WITH duckdb_settings AS (SELECT * FROM duckdb_settings) "
        "SELECT value AS county_code FROM duckdb_settings, rs_social_insurance",
        "SELECT county_code FROM (WITH sqlite_master AS (SELECT sql AS county_code FROM "
        "sqlite_master) SELECT county_code FROM sqlite_master), rs_social_insurance",
        "WITH a AS (SELECT * FROM b), b AS (SELECT * FROM rs_social_insurance) "
        "SELECT county_code FROM a",
        "SELECT (SELECT max(name) FROM pragma_database_list) AS county_code "
        "FROM rs_social_insurance",
        "SELECT county_code FROM information_schema.tables, rs_social_insurance",
    ],
)
def test_sql_that_does_more_than_ask_datasets_is_refused(
    node: Node, known: dict[str, Contract], rs: str, query: str
) -> None:
    one = contract("rs_bad", query, field("county_code"), provider=rs)
    with pytest.raises((BadInput, NotFound)):
        derive(node, one, known)
    assert node.lake.find_snapshot(one.table) is None


def test_a_with_that_bears_the_name_of_a_dataset_reads_the_dataset(
    node: Node, known: dict[str, Contract], rs: str
) -> None:
    """Its own name hides nothing: the dataset is decided on and logged like any other."""
    query = (
        "WITH rs_social_insurance AS (SELECT * FROM rs_social_insurance WHERE state > '') "
        "SELECT county_code, count(*) AS records FROM rs_social_insurance GROUP BY 1"
    )
    fields = field("county_code") + field("records", "BIGINT")
    one = contract("rs_shadowed", query, fields, provider=rs)
    outcome = derive(node, one, known)
    assert outcome.fresh
    summary = node.lake.snapshot(one.table).summary
    assert set(orjson.loads(summary["xihu.inputs"])) == {"rs_social_insurance"}
    stranger = contract("sg_shadowed", query, fields, provider=known["sg_firms"].provider)
    with pytest.raises(Refused):
        derive(node, stranger, known)


def test_the_engine_that_answers_holds_no_table_and_no_key(node: Node) -> None:
    gateway = open_gateway(node, lambda name: policy_of(demo.contracts()[name]))
    try:
        assert (
            gateway.engine.fetch(Statement("SELECT table_name FROM duckdb_tables()")).num_rows == 0
        )
        pads = gateway.pads("organisation:x")
        assert (
            pads.inner
            not in str(gateway.engine.fetch(Statement("FROM duckdb_settings()"))).encode()
        )
    finally:
        gateway.log.close()


def test_a_column_of_unknown_origin_is_graded_as_the_highest_of_the_query(
    node: Node, known: dict[str, Contract], rs: str
) -> None:
    query = (
        "SELECT v AS amount FROM rs_social_insurance, "
        "(SELECT max(wage_base_cny) AS v FROM rs_social_insurance) AS m"
    )
    one = contract("rs_max", query, field("amount", "DECIMAL(18,2)", "L1"), provider=rs)
    with pytest.raises(NotInherited, match="amount is L1, its sources are L4"):
        derive(node, one, known)


def test_nothing_is_left_behind_by_a_refusal(node: Node) -> None:
    tmp: Path = node.settings.data_dir / "tmp"
    assert not list(tmp.glob("*.arrow"))
