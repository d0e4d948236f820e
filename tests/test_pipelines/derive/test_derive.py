"""Derived datasets: made through the door out as the department, and no less protected."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import orjson
import pytest
from sqlalchemy import select

from tests.province import NOW
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.contracts.model import Contract
from xihu_catalog.lineage.inherit import NotInherited
from xihu_pipelines.demo import province as demo
from xihu_pipelines.derive.run import derive
from xihu_pipelines.ingest.existing import existing_sql
from xihu_pipelines.ingest.load import load_file
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound, Refused
from xihu_platform.settings import DemoSettings, Settings
from xihu_platform.start import Ground, open_ground

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
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Three datasets of the demo, small."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("derive"), demo=DemoSettings(scale=0.005))
    opened = open_ground(settings, clock=lambda: NOW)
    demo.settle(opened)
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


def table(ground: Ground, one: Contract) -> list[tuple[object, ...]]:
    snapshot = ground.lake.snapshot(one.table)
    names = ", ".join(f.name for f in one.fields)
    sql = f"SELECT {names} FROM {existing_sql(snapshot)} ORDER BY _record"
    return duckdb.connect().execute(sql).fetchall()


def test_a_derived_dataset_is_made_once_for_each_state_of_its_inputs(
    ground: Ground, known: dict[str, Contract], rs: str
) -> None:
    one = contract("rs_by_county", COUNTED, COUNTED_FIELDS, provider=rs)
    outcome = derive(ground, one, known)
    rows = table(ground, one)
    source = ground.lake.snapshot("data.rs_social_insurance")
    assert sum(int(str(row[2])) for row in rows) == source.rows
    assert outcome.fresh
    assert rows == sorted(rows)
    summary = ground.lake.snapshot(one.table).summary
    assert orjson.loads(summary["xihu.inputs"]) == {"rs_social_insurance": source.id}
    assert not derive(ground, one, known).fresh
    assert not list((ground.settings.data_dir / "tmp").glob("*.arrow"))


def test_the_read_is_in_the_log_as_the_department(
    ground: Ground, known: dict[str, Contract], rs: str
) -> None:
    one = contract("rs_logged", COUNTED, COUNTED_FIELDS, provider=rs)
    derive(ground, one, known)
    with transaction(ground.database) as session:
        newest = select(AuditEntry).where(AuditEntry.dataset == "rs_social_insurance")
        entry = session.scalars(newest.order_by(AuditEntry.seq.desc()).limit(1)).one()
        body = orjson.loads(entry.body)
    assert (body["kind"], body["exit"], body["case"]) == (
        "intent",
        "derivation",
        "derive:rs_logged",
    )
    assert (body["who"], body["organisation"]) == ("system", rs)


def test_a_subject_key_is_carried_and_the_rows_stay_about_their_people(
    ground: Ground, known: dict[str, Contract], rs: str
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
    derive(ground, one, known)
    held = {str(row[0]) for row in table(ground, one)}
    source = existing_sql(ground.lake.snapshot("data.rs_social_insurance"))
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
    ground: Ground, known: dict[str, Contract], rs: str, fields: str, share: str, said: str
) -> None:
    query = "SELECT citizen_id AS who FROM rs_social_insurance"
    one = contract("rs_who", query, fields, provider=rs, share=share)
    with pytest.raises(NotInherited) as refused:
        derive(ground, one, known)
    assert said in refused.value.text.en
    assert ground.lake.find_snapshot(one.table) is None


def test_a_declassification_is_taken_and_logged(
    ground: Ground, known: dict[str, Contract], rs: str
) -> None:
    why = "{property: declassified, value: 只有合计}"
    one = contract(
        "rs_total",
        "SELECT count(wage_base_cny) AS bases FROM rs_social_insurance",
        field("bases", "BIGINT", "L1", why),
        provider=rs,
    )
    derive(ground, one, known)
    with transaction(ground.database) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.dataset == "rs_total")).all()
        bodies = [orjson.loads(entry.body) for entry in entries]
    (logged,) = [body for body in bodies if body["kind"] == "declassification"]
    assert (logged["field"], logged["before"], logged["after"]) == ("bases", "L4", "L1")
    assert logged["why"] == "只有合计"


def test_a_department_derives_only_from_what_it_may_see(
    ground: Ground, known: dict[str, Contract]
) -> None:
    query = "SELECT county_code, count(*) AS records FROM rs_social_insurance GROUP BY 1"
    one = contract(
        "sg_of_others",
        query,
        field("county_code") + field("records", "BIGINT"),
        provider=known["sg_firms"].provider,
    )
    with pytest.raises(Refused):
        derive(ground, one, known)


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
    ],
)
def test_sql_that_does_more_than_ask_datasets_is_refused(
    ground: Ground, known: dict[str, Contract], rs: str, query: str
) -> None:
    one = contract("rs_bad", query, field("county_code"), provider=rs)
    with pytest.raises((BadInput, NotFound)):
        derive(ground, one, known)
    assert ground.lake.find_snapshot(one.table) is None


def test_nothing_is_left_behind_by_a_refusal(ground: Ground) -> None:
    tmp: Path = ground.settings.data_dir / "tmp"
    assert not list(tmp.glob("*.arrow"))
