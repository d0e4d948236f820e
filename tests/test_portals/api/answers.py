"""A question for each answer of the API that OpenAPI describes, and the examples made of them.

    python -m tests.test_portals.api.answers

asks the demo province and writes the examples of the OpenAPI document.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
from sqlalchemy import delete

from tests import asking, casing
from tests.casing import handed_in
from tests.province import Province, make_province
from tests.test_platform.files.made import pdf
from tests.test_portals.api.callers import token_headers
from xihu_pipelines.push.commit import commit_waiting
from xihu_platform.access.verification_record import VerificationListRow
from xihu_platform.database import transaction
from xihu_portals.api import openapi

EXAMPLES = Path(openapi.__file__).with_name("examples.json")
SHOWN = 2  # elements of a list in an example
LINES = 4  # of a file
AIR = "/api/v1/datasets/hb_air_quality_hourly"
INGEST = "/api/v1/ingest/yb_hospital_visits"
KEY = "2026-11-23-0001"
VISIT: dict[str, str] = {
    "结算编号": "YB00000099000001",
    "身份证号": "339903196103087031",
    "参保人姓名": "王承恒",
    "就医地行政区划代码": "330102",
    "医疗机构编号": "H33010204",
    "就诊类别": "outpatient",
    "病种分组": "musculoskeletal",
    "就诊日期": "2026-11-20",
    "住院天数": "0",
    "费用总额（元）": "86.69",
    "基金支付（元）": "54.87",
}
PUSHED = {
    "application/x-ndjson": orjson.dumps(VISIT).decode() + "\n",
    "application/jsonl": orjson.dumps(VISIT).decode() + "\n",
    "text/csv": f"{','.join(VISIT)}\n{','.join(VISIT.values())}\n",
}
"""The body of a push in each form that is text."""
REPORTED = {
    "key": "report-2026-0001",
    "row": "AZP4KFAXNaWkQIf2uTzD0mQx7cVhYb3kJ8sLwEoRtGvN5aCdHjUeXyPq",
    "field": "amount_cny",
    "claimed": "2000.00",
    "reason": "处罚决定书写的是二千元",
    "evidence": "XS-2026-118",
}
"""A report of a record as wrong; the reference is one that nobody was given."""
PDF_KIND = {"Content-Type": "application/pdf"}
PAPER = bytes(one if one < 128 else ord("%") for one in pdf()).decode()
REQUESTS = "/api/v1/datasets/rs_social_insurance/requests"
REQUESTED: dict[str, Any] = {  # Any: JSON
    "key": "request-2026-0001",
    "values": {
        "basis": "《医疗保障基金使用监督管理条例》第二十七条",
        "scene": "核对参保状态",
        "scope": "待遇审核岗位，本省参保人",
        "method": "api",
        "fields": ["period", "insurance_kind", "state"],
        "until": "2027-06-30",
    },
}
"""A request of dept-yb, and how it hands it in."""
GROUND: dict[str, Any] = {  # Any: JSON
    "key": "ground-2026-0001",
    "kind": "inspection_task",
    "item": "medical_transfer",
    "subjects": ["339999198804120289"],
    "standing": "insured",
    "reader": "chen-yb",
    "reason": "核查跨省备案",
    "evidence": "YB-JC-2026-018",
}
"""A ground that the system of dept-yb opens for somebody of its department."""
INCIDENT: dict[str, Any] = {  # Any: JSON
    "key": "incident-2026-0001",
    "kind": "incident",
    "values": {
        "severity": "ordinary",
        "nature": "altered",
        "found_on": "2026-11-23",
        "datasets": ["yb_hospital_visits"],
        "account": "对账发现三条结算记录与医疗机构不符",
        "measures": "已停用相关账号，正在核对",
    },
}
"""An incident that the system of dept-yb reports."""
STEP: dict[str, Any] = {"event": "accept", "position": "chen-yb", "version": 3}
"""A step of a case that the system of dept-yb reports."""
SUBMITTED: dict[str, Any] = {"event": "submit", "key": "submit-2026-0001", "version": 1}

VERIFIED: dict[str, Any] = {
    "ground": "XH-2026-000125",
    "dataset": "rs_social_insurance",
    "claim": "insured_in_month",
    "argument": "2026-09",
    "subject": 1,
}
WATCHED: dict[str, Any] = {
    "kind": "new_rows",
    "dataset": "hb_air_quality_hourly",
    "filters": ["aqi:ge:150"],
    "frequency": "daily",
}
PAUSED = {"state": "paused"}
"""A subscription, and what it is set to."""
LISTED = {name: value for name, value in VERIFIED.items() if name != "subject"} | {
    "dataset": "yb_hospital_visits",
    "claim": "settled_in_month",
}
"""A verification of dept-yb, and a list: the ground is about one person, as its providers ask."""


@dataclass(frozen=True)
class Question:
    """One request; `{entry}` in its address stands for an entry about wang, `{token}` for a
    licence of theirs."""

    operation: str
    address: str
    who: str = ""
    status: int = 200
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


RUN_EVENT = {
    "eventTime": "2026-11-23T02:15:00+08:00",
    "eventType": "COMPLETE",
    "producer": "https://example.org/etl",
    "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
    "run": {"runId": "01a20853-d46c-726d-8e5c-688f47875d37"},
    "job": {"namespace": "etl", "name": "settled"},
    "inputs": [{"namespace": "postgres://settlement:5432", "name": "settlement.public.visits"}],
    "outputs": [{"namespace": "xihu-intake", "name": "yb_就诊结算.jsonl"}],
}
"""A run of a department's own job that makes the file which the platform loads."""

QUESTIONS = (
    Question("search_datasets", "/api/v1/datasets?q=kongqi"),
    Question("get_dataset", AIR),
    Question("get_contract", "/api/v1/datasets/fg_power_daily/contract"),
    Question("get_rows", f"{AIR}/rows?filter=station_code:eq:330106A01&limit=2"),
    Question("get_quality", f"{AIR}/quality"),
    Question("list_dataset_voices", f"/api/v1{asking.VOICED}"),
    Question("list_versions", f"{AIR}/versions"),
    Question("get_version", f"{AIR}/versions/{{snapshot}}"),
    Question("get_diff", f"{AIR}/diff?from={{snapshot}}&to={{snapshot}}&limit=2"),
    Question("download_diff", f"{AIR}/diff.csv?from={{snapshot}}&to={{snapshot}}"),
    Question("get_lineage", "/api/v1/lineage?node=dataset:sg_supervision_monthly&limit=3"),
    Question("get_impact", "/api/v1/lineage/impact?dataset=fg_penalties&field=amount_cny"),
    Question("download", f"{AIR}/download.csv?filter=station_code:eq:330106A01"),
    Question("list_metrics", "/api/v1/brain/metrics"),
    Question("get_metric", "/api/v1/brain/metrics/industrial_output"),
    Question(
        "query_metric",
        "/api/v1/brain/metrics/industrial_output/query?level=city&latest=1&compare=true",
    ),
    Question("get_catalogue_report", "/api/v1/catalogue-report", "luo"),
    Question("list_services", "/api/v1/services?limit=2"),
    Question("list_slots", "/api/v1/services/low_income/slots"),
    Question("get_service", "/api/v1/services/food_permit"),
    Question("list_code_lists", "/api/v1/standards/codes?limit=2"),
    Question("get_codes", "/api/v1/standards/codes/divisions?on=2020-01-01&limit=2"),
    Question("list_elements", "/api/v1/standards/elements?limit=2"),
    Question("get_data_element", "/api/v1/standards/elements/XH00012"),
    Question("list_repeats", "/api/v1/repeats", "luo"),
    Question("list_uncatalogued", "/api/v1/uncatalogued", "luo"),
    Question("get_me", "/api/v1/me", "sun"),
    Question("get_my_uses", "/api/v1/me/uses", "wang"),
    Question("get_proof", "/api/v1/me/uses/{entry}/proof", "wang"),
    Question("get_any_proof", "/api/v1/audit/entries/{entry}/proof", "wu"),
    Question("get_head", "/api/v1/audit/head", "wu"),
    Question("get_credential", "/api/v1/credentials/{token}"),
    Question("get_status_list", "/api/v1/credentials/status/1"),
    Question("health", "/health"),
)
"""One for each operation that only reads."""


def ask(province: Province, one: Question, language: str = "zh") -> httpx.Response:
    headers = {**token_headers(province, "right" if one.who else "no_token", one.who)}
    headers |= {"Accept-Language": language, **one.headers}

    async def send() -> httpx.Response:
        async with province.client() as client:
            content = one.body.encode() or None
            return await client.request(one.method, one.address, headers=headers, content=content)

    return asyncio.run(send())


def own_entry(province: Province) -> int:
    """The number of an entry about wang: the one that this read leaves."""
    own = Question("get_rows", "/api/v1/datasets/ga_residents/rows?purpose=own", "wang")
    return int(ask(province, own).json()["citation"]["audit_entry"])


def answers(province: Province, language: str) -> Iterator[tuple[str, httpx.Response]]:
    """By operation and status."""
    entry, token = str(own_entry(province)), casing.licensed(province)
    asking.voices(province)
    newest = str(
        province.services.catalogue.get_entry(AIR.rpartition("/")[2]).heartbeat.snapshot_id
    )
    for one in QUESTIONS:
        address = one.address.replace("{entry}", entry).replace("{token}", token)
        address = address.replace("{snapshot}", newest)
        yield (
            f"{one.operation} {one.status}",
            ask(province, Question(one.operation, address, one.who), language),
        )


def pushes(province: Province, language: str) -> Iterator[tuple[str, httpx.Response]]:
    """A push when it is taken and when it is loaded: what it leaves stays in the province."""
    contract = province.services.catalogue.contracts.get("yb_hospital_visits")
    kind = "application/x-ndjson"
    headers = {"Content-Type": kind, "Idempotency-Key": f"{KEY}-{language}"}
    pushed = Question("push", INGEST, "dept-yb", 202, "POST", headers, PUSHED[kind])
    yield "push 202", ask(province, pushed, language)
    for _ in commit_waiting(province.services.node, contract):
        pass
    yield "push 200", ask(province, pushed, language)
    receipt = Question("get_push", f"{INGEST}/{KEY}-{language}", "dept-yb")
    yield "get_push 200", ask(province, receipt, language)
    sent = orjson.dumps(RUN_EVENT | {"job": {"namespace": "etl", "name": language}}).decode()
    json = {"Content-Type": "application/json"}
    run = Question("report_lineage", "/api/v1/lineage", "dept-yb", 200, "POST", json, sent)
    yield "report_lineage 200", ask(province, run, language)


def matters(province: Province, language: str) -> Iterator[tuple[str, httpx.Response]]:
    """A request, the same again, its next step, and how it is read: it stays in the province."""
    kind = {"Content-Type": "application/json"}
    asked = orjson.dumps(REQUESTED | {"key": f"{REQUESTED['key']}-{language}"}).decode()
    request = Question("request_data", REQUESTS, "dept-yb", 201, "POST", kind, asked)
    made = ask(province, request, language)
    yield "request_data 201", made
    yield "request_data 200", ask(province, request, language)
    address = f"/api/v1/matters/{made.json()['matter']}"
    yield "get_matter 200", ask(province, Question("get_matter", address, "dept-yb"), language)
    waiting = Question("list_matters", "/api/v1/matters", "dept-yb")
    yield "list_matters 200", ask(province, waiting, language)
    figures = Question("get_matter_metrics", "/api/v1/matters/metrics", "dept-yb")
    yield "get_matter_metrics 200", ask(province, figures, language)
    file = f"{address}/attachments?name=basis.pdf"
    sent = Question("add_attachment", file, "dept-yb", 201, "POST", PDF_KIND, PAPER)
    yield "add_attachment 201", ask(province, sent, language)
    yield "add_attachment 200", ask(province, sent, language)
    files = Question("list_attachments", f"{address}/attachments", "dept-yb")
    yield "list_attachments 200", ask(province, files, language)
    handed = orjson.dumps(SUBMITTED | {"key": f"{SUBMITTED['key']}-{language}"}).decode()
    act = Question("act_in_matter", f"{address}/events", "dept-yb", 200, "POST", kind, handed)
    yield "act_in_matter 200", ask(province, act, language)
    opened = orjson.dumps(GROUND | {"key": f"{GROUND['key']}-{language}"}).decode()
    ground = Question("open_ground", "/api/v1/grounds", "dept-yb", 201, "POST", kind, opened)
    yield "open_ground 201", ask(province, ground, language)
    yield "open_ground 200", ask(province, ground, language)
    said = orjson.dumps(INCIDENT | {"key": f"{INCIDENT['key']}-{language}"}).decode()
    incident = Question("open_matter", "/api/v1/matters", "dept-yb", 201, "POST", kind, said)
    yield "open_matter 201", ask(province, incident, language)
    yield "open_matter 200", ask(province, incident, language)
    mine = Question("list_grounds", "/api/v1/grounds", "dept-yb")
    yield "list_grounds 200", ask(province, mine, language)
    flows = Question("list_backflow", "/api/v1/backflow", "dept-yb")
    yield "list_backflow 200", ask(province, flows, language)


def cases(province: Province, language: str) -> Iterator[tuple[str, httpx.Response]]:
    """A case of dept-yb's item: listed, read, a document added, and a step reported."""
    number = f"BJ-{handed_in(province, 'care_elsewhere'):06d}"
    address = f"/api/v1/cases/{number}"
    listed = ask(province, Question("list_cases", "/api/v1/cases", "dept-yb"), language)
    yield "list_cases 200", listed
    file = Question(
        "add_case_file", f"{address}/files?name=notice.pdf", "dept-yb", 201, "POST", PDF_KIND, PAPER
    )
    yield "add_case_file 201", ask(province, file, language)
    yield "add_case_file 200", ask(province, file, language)
    found = ask(province, Question("get_case", address, "dept-yb"), language)
    yield "get_case 200", found
    step = orjson.dumps(STEP | {"position": found.json()["position"]}).decode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"{KEY}-{language}"}
    report = Question("report_step", f"{address}/events", "dept-yb", 200, "POST", headers, step)
    yield "report_step 200", ask(province, report, language)


def subscriptions(province: Province, language: str) -> Iterator[tuple[str, httpx.Response]]:
    """A subscription of wang: made, listed, read with its log, paused and deleted."""
    kind = {"Content-Type": "application/json"}
    address, body = "/api/v1/subscriptions", orjson.dumps(WATCHED).decode()
    made = ask(province, Question("subscribe", address, "wang", 201, "POST", kind, body), language)
    yield "subscribe 201", made
    yield (
        "list_subscriptions 200",
        ask(province, Question("list_subscriptions", address, "wang"), language),
    )
    own = f"{address}/{made.json()['id']}"
    yield "get_subscription 200", ask(province, Question("get", own, "wang"), language)
    paused = orjson.dumps(PAUSED).decode()
    state = Question("set", f"{own}/state", "wang", 200, "POST", kind, paused)
    yield "set_subscription_state 200", ask(province, state, language)
    gone = ask(province, Question("delete", own, "wang", 204, "DELETE"), language)
    assert gone.status_code == 204


def reports(province: Province, language: str) -> Iterator[tuple[str, httpx.Response]]:
    """A record that was read and is reported as wrong: another one in each language."""
    kind = {"Content-Type": "application/json"}
    penalties = "/api/v1/datasets/fg_penalties"
    read = Question("get_rows", f"{penalties}/rows?refs=true&limit=2&purpose=open", "dept-yb")
    ref = ask(province, read, language).json()["refs"][0 if language == "zh" else 1]
    said = REPORTED | {"key": f"{REPORTED['key']}-{language}", "row": ref}
    wrong = orjson.dumps(said).decode()
    address = f"{penalties}/corrections"
    report = Question("report_record", address, "dept-yb", 201, "POST", kind, wrong)
    yield "report_record 201", ask(province, report, language)
    yield "report_record 200", ask(province, report, language)


def verifications(province: Province, language: str) -> Iterator[tuple[str, httpx.Response]]:
    """An answer about one person and about a list, of another day in each language."""
    with transaction(province.services.node.database) as session:
        session.execute(delete(VerificationListRow))
    kind = {"Content-Type": "application/json"}
    for name, path, body in (("claim", "", VERIFIED), ("list", "/list", LISTED)):
        address, asked = f"/api/v1/verifications{path}", orjson.dumps(body).decode()
        question = Question(f"verify_{name}", address, "dept-yb", 200, "POST", kind, asked)
        yield f"verify_{name} 200", ask(province, question, language)


def _example(answer: httpx.Response) -> Any:  # Any: JSON
    kind = _kind(answer)
    if kind == "application/json":
        return _short(answer.json())
    text = answer.text
    return text if kind == "application/yaml" else "".join(text.splitlines(True)[:LINES])


def _kind(answer: httpx.Response) -> str:
    return str(answer.headers["content-type"]).partition(";")[0]


def _short(part: Any, name: str = "") -> Any:  # Any: JSON
    """Lists by their beginning; the path of a proof whole, since without it nothing is proven."""
    if isinstance(part, dict):
        return {name: _short(one, name) for name, one in part.items()}
    if isinstance(part, list) and name != "path":
        return [_short(one) for one in part[:SHOWN]]
    return part


_ASKED = (
    ("report_lineage", RUN_EVENT),
    *(("report_step", STEP), ("request_data", REQUESTED)),
    *(("act_in_matter", SUBMITTED), ("open_ground", GROUND)),
    *(("report_record", REPORTED), ("open_matter", INCIDENT)),
    *(("verify_claim", VERIFIED), ("verify_list", LISTED)),
    *(("subscribe", WATCHED), ("set_subscription_state", PAUSED)),
)


def main() -> None:
    kept: dict[str, dict[str, dict[str, Any]]] = {}
    failing = {"status": "failing", "last_read_at": "2026-11-23T03:59:40+00:00"}
    kept["health 503"] = {"application/json": {"zh": failing, "en": failing}}
    kept["push asked"] = {kind: {"zh": text, "en": text} for kind, text in PUSHED.items()}
    for name, body in _ASKED:
        kept[f"{name} asked"] = {"application/json": {"zh": body, "en": body}}
    with tempfile.TemporaryDirectory() as folder:
        for province in make_province(Path(folder) / "data"):
            for language in ("zh", "en"):
                found = [
                    *(*answers(province, language), *pushes(province, language)),
                    *(*matters(province, language), *verifications(province, language)),
                    *(*reports(province, language), *cases(province, language)),
                    *subscriptions(province, language),
                ]
                for name, answer in found:
                    by_kind = kept.setdefault(name, {}).setdefault(_kind(answer), {})
                    by_kind[language] = _example(answer)
    EXAMPLES.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    main()
