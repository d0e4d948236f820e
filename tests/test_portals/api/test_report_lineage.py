"""Lineage reported over HTTP: by whom, what is kept and logged, and who is shown it."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import column_lineage_dataset as columns
from openlineage.client.facet_v2 import sql_job
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport
from sqlalchemy import delete, select

from tests.province import NOW, Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.pages.live import serving
from xihu_catalog.lineage.stated import StatedLineageRow
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_portals.api.openlineage import BODY_LIMIT

URL = "/api/v1/lineage"
VISITS, FILE = "yb_hospital_visits", "yb_就诊结算.jsonl"
CANARY = "canary-7f3a"
TABLE = f"external:postgres://yb/{CANARY}.settled"
SQL = "SELECT 330106199001011234"


@pytest.fixture(autouse=True)
def nothing_stays(province: Province) -> Iterator[None]:
    yield
    with transaction(province.services.node.database) as session:
        session.execute(delete(StatedLineageRow))


def event(name: str = "settle", **change: object) -> dict[str, Any]:
    """Of a department's own job that reads a dataset of another and makes the file of its own."""
    made = RunEvent(
        eventTime=NOW.isoformat(),
        eventType=RunState.COMPLETE,
        run=Run(runId=str(uuid4())),
        job=Job("etl-yb", name, {"sql": sql_job.SQLJobFacet(SQL)}),
        inputs=[InputDataset("postgres://yb", f"{CANARY}.settled")],
        outputs=[OutputDataset("xihu-intake", FILE)],
        producer="https://example.org/etl",
    )
    from openlineage.client.serde import Serde

    whole: dict[str, Any] = json.loads(Serde.to_json(made))
    return whole | change


def post(world: Province, body: object, token: str | None = None, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def once() -> httpx.Response:
        sent = {"Content_Type": "application/json"} | headers
        async with world.client(token or world.system_token(), **sent) as client:
            return await client.post(URL, content=content)

    return asyncio.run(once())


def get(world: Province, path: str, who: str = "", position: str = "") -> httpx.Response:
    token = {"": None, "system": world.system_token()}.get(who)
    token = token or (world.token(who) if who and who != "system" else None)
    more = {"X_Xihu_Position": position} if position else {}

    async def once() -> httpx.Response:
        async with world.client(token, Accept_Language="en", **more) as client:
            return await client.get(path)

    return asyncio.run(once())


def kept(world: Province) -> list[bytes]:
    with transaction(world.services.node.database) as session:
        return list(session.scalars(select(StatedLineageRow.content)))


def logged(world: Province) -> list[dict[str, Any]]:
    with transaction(world.services.node.database) as session:
        found = session.scalars(
            select(AuditEntry.body).where(AuditEntry.kind == "lineage").order_by(AuditEntry.seq)
        )
        return [json.loads(one) for one in found]


def test_a_run_of_the_future_is_not_the_newest_for_ever(province: Province) -> None:
    now = province.services.node.clock()
    answer = post(province, event(eventTime=(now + timedelta(hours=2)).isoformat()))
    assert answer.status_code == 400
    assert "eventTime" in answer.json()["detail"]
    assert kept(province) == []
    assert (
        post(province, event(eventTime=(now + timedelta(minutes=30)).isoformat())).json()["state"]
        == "kept"
    )


def test_a_complete_run_is_kept_logged_and_shown(province: Province) -> None:
    before = len(logged(province))
    sent = event()
    answer = post(province, sent)
    assert (answer.status_code, answer.json()["state"]) == (200, "kept")
    assert answer.json()["run"] == sent["run"]["runId"]
    (content,) = kept(province)
    assert "330106199001011234" not in content.decode()
    (entry,) = logged(province)[before:]
    assert (entry["who"], entry["principal"], entry["run"]) == (
        *("system", "dept-yb"),
        sent["run"]["runId"],
    )
    assert CANARY not in json.dumps(entry)
    said = get(province, f"{URL}?node=dataset:{VISITS}&direction=upstream", "tang", "tang-yb")
    steps = {one["id"]: one["steps"] for one in said.json()["nodes"]}
    assert steps[TABLE] == -2
    (node,) = (one for one in said.json()["nodes"] if one["id"] == TABLE)
    assert (node["kind"], node["title"]) == ("external", f"{CANARY}.settled")
    assert node["organisations"] == ["Example Province Healthcare Security Administration"]


def test_the_same_and_an_older_run_write_nothing(province: Province) -> None:
    sent = event()
    post(province, sent)
    before, entries = kept(province), len(logged(province))
    older = event(eventTime=(NOW - timedelta(hours=1)).isoformat(), outputs=[])
    later = (NOW + timedelta(minutes=20)).isoformat()
    for one in (sent, sent | {"eventTime": later}, older):
        assert post(province, one).json()["state"] == "unchanged"
    assert (kept(province), len(logged(province))) == (before, entries)
    newer = event(eventTime=(NOW + timedelta(minutes=30)).isoformat(), outputs=[])
    assert post(province, newer).json()["state"] == "kept"
    assert kept(province) != before


@pytest.mark.parametrize("kind", ["START", "RUNNING", "FAIL", "ABORT", "OTHER"])
def test_a_run_that_is_not_complete_is_taken_and_not_kept(province: Province, kind: str) -> None:
    before = len(logged(province))
    answer = post(province, event(eventType=kind))
    assert (answer.status_code, answer.json()["state"]) == (200, "not_kept")
    assert (kept(province), len(logged(province))) == ([], before)


def test_systems_and_stewards_of_departments_report(province: Province) -> None:
    def status(who: str, **more: str) -> int:
        return post(province, event(), province.token(who), **more).status_code

    assert status("tang", X_Xihu_Position="tang-yb") == 200
    assert status("shen", X_Xihu_Position="shen-yb") == 403  # a handler
    assert status("wu", X_Xihu_Position="wu-sh") == 403  # an auditor
    assert status("wang") == 403  # a citizen
    assert send(province, Call("POST", URL, "a=b", "sun"), "no_token").status_code == 401


def everything(world: Province, who: str, position: str = "") -> str:
    """All that somebody is shown of it in any way."""
    nodes = (f"dataset:{VISITS}", f"source:{VISITS}", "dataset:rs_social_insurance")
    found = [
        get(world, f"{URL}?node={node}&depth=10&detail={level}&limit=500", who, position).text
        for node in nodes
        for level in ("dataset", "field")
    ]
    fields = [one.name for one in world.services.catalogue.contracts.get(VISITS).fields]
    found += [
        get(world, f"{URL}/impact?dataset={VISITS}&field={name}", who, position).text
        for name in fields
    ]
    return "".join(found)


@pytest.mark.parametrize(
    ("who", "position", "sees"),
    [
        ("tang", "tang-yb", True),  # of the department
        ("xu", "xu-yb", True),
        ("luo", "luo-sj", True),  # the data authority of the province
        ("system", "", True),
        ("sun", "sun-rs", False),  # of another department
        ("wu", "wu-sh", False),
        ("zhou", "zhou-sj", True),  # the chief data officer of the province
        ("gao", "gao-zw", False),
        ("wang", "", False),
        ("", "", False),
    ],
)
def test_others_are_not_shown_what_is_outside(
    province: Province, who: str, position: str, sees: bool
) -> None:
    post(province, event())
    reads = event("read", inputs=[{"namespace": "xihu", "name": VISITS}])
    reads["outputs"] = [{"namespace": "postgres://yb", "name": f"{CANARY}.copy"}]
    post(province, reads)
    assert (CANARY in everything(province, who, position)) is sees
    hidden = get(province, f"{URL}?node={TABLE}&depth=1", who, position)
    assert hidden.status_code == (200 if sees else 404)
    missing = get(province, f"{URL}?node={TABLE}x&depth=1", who, position)
    assert missing.status_code == 404
    if not sees:
        assert hidden.text.replace(TABLE, f"{TABLE}x") == missing.text


def test_a_department_makes_no_dataset_of_another(province: Province) -> None:
    """A steward of another department says that its job makes this one's dataset and file."""
    claims = event(
        outputs=[
            {"namespace": "xihu", "name": VISITS},
            {"namespace": "xihu-intake", "name": FILE},
        ]
    )
    answer = post(province, claims, province.token("sun"), X_Xihu_Position="sun-rs")
    assert answer.json()["state"] == "kept"
    said = get(province, f"{URL}?node=dataset:{VISITS}&direction=upstream", "sun", "sun-rs")
    assert CANARY not in said.text
    outside = get(province, f"{URL}?node=external:xihu/{VISITS}", "sun", "sun-rs")
    assert outside.status_code == 200


def test_what_is_wrong_is_said_with_its_place(province: Province) -> None:
    wrong = event()
    del wrong["run"]["runId"]
    answer = post(province, wrong, Accept_Language="en")
    assert answer.status_code == 400
    assert answer.json()["error"] == "BadEvent"
    assert "run.runId: Field required" in answer.json()["detail"]
    assert "run.runId：缺少这一项" in post(province, wrong, Accept_Language="zh").json()["detail"]
    assert post(province, b"{").status_code == 400
    assert post(province, b"").status_code == 400
    assert post(province, b" " * (BODY_LIMIT + 1)).status_code == 413
    assert post(province, event(), Content_Encoding="gzip").status_code == 400
    assert kept(province) == []


def test_openlineages_own_client_sends_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Over the network, with the token as its API key and at its usual address."""
    with serving(tmp_path_factory.mktemp("openlineage")) as live:
        key = ApiKeyTokenProvider({"api_key": live.province.system_token()})
        client = OpenLineageClient(transport=HttpTransport(HttpConfig(url=live.base, auth=key)))
        source = columns.InputField("xihu", "rs_social_insurance", "county_code")
        lineage = columns.ColumnLineageDatasetFacet(fields={"county": columns.Fields([source])})
        made = OutputDataset("postgres://yb", "stage.insured", facets={"columnLineage": lineage})
        run, job = Run(runId=str(uuid4())), Job("dbt", "stage.insured")
        for state in (RunState.START, RunState.COMPLETE):
            client.emit(
                RunEvent(
                    eventTime=NOW.isoformat(),
                    eventType=state,
                    run=run,
                    job=job,
                    inputs=[InputDataset("xihu", "rs_social_insurance")],
                    outputs=[made],
                    producer="https://example.org/dbt",
                )
            )
        assert len(kept(live.province)) == 1
        path = f"{URL}/impact?dataset=rs_social_insurance&field=county_code"
        found = get(live.province, path, "tang", "tang-yb").json()["nodes"]
        assert {
            "id": "external:postgres://yb/stage.insured#county",
            "kind": "external_field",
            "title": "county",
            "dataset": "",
            "organisations": ["Example Province Healthcare Security Administration"],
            "steps": 1,
            "kinds": ["TRANSFORMATION"],
        } in found
