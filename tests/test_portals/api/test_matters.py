"""Matters over HTTP: the whole way of a request, who may see and do what, bodies of any kind."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.api.callers import token_headers
from tests.test_portals.api.test_ingest import without_data
from xihu_catalog.registry.people import content
from xihu_platform.access.models import find_grants
from xihu_platform.audit.models import AuditEntry
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.models import PersonRow
from xihu_platform.matters.command import NUMBER_LIMIT
from xihu_platform.matters.models import MatterEventRow, MatterPartyRow

__all__ = ["acted_province"]  # a fixture

DATASET = "rs_social_insurance"
XIHU, INSURANCE = "113399001001548082", "11339900100102741M"
ENTRY = f"/api/v1/datasets/{DATASET}?purpose=duty&lang=en"
REQUESTS = f"/api/v1/datasets/{DATASET}/requests"
MATTERS = "/api/v1/matters"
VALUES: dict[str, Any] = {  # Any: JSON
    "basis": "《社会救助暂行办法》第十一条",
    "scene": "低保审核",
    "scope": "本区申请人",
    "method": "page",
    "fields": ["period", "state"],
    "until": "2027-06-30",
}
WAY: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("chen", "submit", {}),
    ("ding", "approve_inside", {}),
    ("sun", "assess", {"values": {"opinion": "所申请的数据项与履职相符"}}),
    ("fang", "agree", {}),
)
"""Who does what until a request is granted."""
BOXES = ("todo", "started", "done", "open", "settled", "closed")
Kept = dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """The demo's people and contracts; what is asked for here stays in it."""
    yield from without_data(tmp_path_factory.mktemp("matters"))


@pytest.fixture(scope="module")
def granted(world: Province) -> Kept:
    """A request that went the whole way: its answers by event, and what was decided before it."""
    before = call(world, "chen", "GET", ENTRY).json()
    made = open_request(world, "granted-0001")
    answers = {"open": made.json()}
    for who, event, more in WAY:
        version = list(answers.values())[-1]["version"]
        done = act(world, who, made.json()["matter"], event, f"granted-{event}", version, **more)
        assert done.status_code == 200, done.text
        answers[event] = done.json()
    return {"id": made.json()["matter"], "answers": answers, "before": before}


@pytest.fixture(scope="module")
def draft(world: Province) -> int:
    """A request that was never handed in."""
    matter: int = open_request(world, "draft-0001").json()["matter"]
    return matter


def call(
    world: Province,
    who: str,
    method: str,
    address: str,
    body: Any = None,
    raw: bytes | None = None,
) -> httpx.Response:
    headers = token_headers(world, "right" if who else "no_token", who)
    sent = json.dumps(body).encode() if body is not None else raw
    if sent is not None:
        headers["Content-Type"] = "application/json"

    async def once() -> httpx.Response:
        async with world.client() as client:
            return await client.request(method, address, headers=headers, content=sent)

    return asyncio.run(once())


def open_request(world: Province, key: str, who: str = "chen", **values: Any) -> httpx.Response:
    body = {"key": key, "values": {**VALUES, **values}}
    return call(world, who, "POST", f"{REQUESTS}?lang=en", body)


def act(
    world: Province, who: str, matter: int, event: str, key: str, version: int, **more: Any
) -> httpx.Response:
    body = {"event": event, "key": key, "version": version, **more}
    return call(world, who, "POST", f"{MATTERS}/{matter}/events?lang=en", body)


def read(world: Province, who: str, matter: int) -> Any:
    answer = call(world, who, "GET", f"{MATTERS}/{matter}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def allowed(world: Province, who: str, matter: int) -> set[str]:
    return {one["name"] for one in read(world, who, matter)["allowed"]}


def test_a_request_goes_its_way_and_the_data_opens(world: Province, granted: Kept) -> None:
    states = [one["state"] for one in granted["answers"].values()]
    assert states == ["draft", "inside", "review", "signing", "active"]
    assert [one["seq"] for one in granted["answers"].values()] == [1, 2, 3, 4, 5]
    assert granted["before"]["reason"]["code"] == "grant_needed"
    after = call(world, "chen", "GET", ENTRY).json()
    assert after["reason"]["code"] == "per_case"  # granted; what is left is the ground
    today = civil_date(world.services.node.clock())
    with transaction(world.services.node.database) as session:
        (grant,) = find_grants(session, DATASET, XIHU, today)
    assert (grant.id, sorted(grant.fields)) == (f"SR-{granted['id']:06d}", ["period", "state"])


def test_a_matter_says_where_it_is_and_all_that_happened(world: Province, granted: Kept) -> None:
    found = read(world, "chen", granted["id"])
    assert (found["number"], found["state"]) == (f"SR-{granted['id']:06d}", "active")
    assert (found["version"], found["definition"]) == (5, 3)
    assert (found["owner"], found["outcome"], found["about"]) == ("requester", None, DATASET)
    assert {one["role"]: one["key"] for one in found["parties"]}["provider"] == INSURANCE
    assert found["values"] == {name: VALUES[name] for name in ("method", "fields", "until")}
    assert [one["position"] for one in found["events"]] == [
        *("chen-xihu", "chen-xihu", "ding-xihu", "sun-rs", "fang-rs"),
    ]
    (clock,) = found["clocks"]
    assert (clock["duty"], clock["article"]) == ("CN-809-2025/reply_conditional", "21")
    assert clock["stopped"] == clock["start"] == "2026-11-23"
    counted = [one for one in clock["steps"] if one["why"] == "counted"]
    assert (counted[-1]["number"], counted[-1]["day"]) == (10, clock["due"])


def test_what_may_be_done_is_offered_with_what_it_takes(world: Province, granted: Kept) -> None:
    (finish,) = read(world, "chen", granted["id"])["allowed"]
    assert (finish["name"], finish["takes"], finish["needs"]) == ("finish", {}, ["reason"])
    assert allowed(world, "fang", granted["id"]) == {"suspend", "terminate"}
    assert allowed(world, "luo", granted["id"]) == set()


def test_the_providers_opinion_is_not_for_the_requester(world: Province, granted: Kept) -> None:
    theirs, ours = read(world, "fang", granted["id"]), read(world, "chen", granted["id"])
    assert theirs["texts"]["opinion"] == WAY[2][2]["values"]["opinion"]
    assert ours["texts"] == {name: VALUES[name] for name in ("basis", "scene", "scope")}
    assert WAY[2][2]["values"]["opinion"] not in json.dumps(ours, ensure_ascii=False)
    assert "opinion" not in json.dumps([one["texts"] for one in ours["events"]])


def test_what_was_done_is_in_the_log_when_the_answer_comes(world: Province, granted: Kept) -> None:
    with transaction(world.services.node.database) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.kind == "matter")).all()
    assert len(entries) >= len(granted["answers"])


def test_the_same_key_again_answers_the_same(world: Province) -> None:
    first, again = open_request(world, "again-0001"), open_request(world, "again-0001")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"replayed": True}
    matter = first.json()["matter"]
    done, once_more = (act(world, "chen", matter, "submit", "again-0002", 1) for _ in range(2))
    assert (done.status_code, once_more.status_code) == (200, 200)
    assert once_more.json() == done.json() | {"replayed": True}
    other = open_request(world, "again-0001", scene="别的用途")
    assert (other.status_code, other.json()["error"]) == (422, "BadInput")
    assert len(read(world, "chen", matter)["events"]) == 2


def test_who_comes_second_is_told_how_far_it_is(world: Province) -> None:
    matter = open_request(world, "second-0001").json()["matter"]
    assert act(world, "chen", matter, "submit", "second-0002", 1).status_code == 200
    late = act(world, "chen", matter, "withdraw_draft", "second-0003", 1)
    assert (late.status_code, late.json()["error"]) == (409, "StaleMatter")
    assert late.json()["present"] == {"version": 2, "state": "inside", "changed": []}
    out_of_place = act(world, "chen", matter, "certify", "second-0004", 2, evidence="D-1")
    assert (out_of_place.status_code, out_of_place.json()["error"]) == (409, "Conflict")
    assert "present" not in out_of_place.json()
    unknown = act(world, "chen", matter, "nothing", "second-0005", 2)
    assert unknown.status_code == 409


@pytest.mark.parametrize("who", ["tang", "dept-yb", "sun"])
def test_what_one_has_no_part_in_is_not_there(world: Province, who: str) -> None:
    """A draft is not there for its provider either."""
    matter = open_request(world, f"stranger-{who}").json()["matter"]
    nothing = NUMBER_LIMIT
    for number in (matter, nothing):
        seen = call(world, who, "GET", f"{MATTERS}/{number}?lang=en")
        done = act(world, who, number, "submit", "stranger-0002", 1)
        assert (seen.status_code, done.status_code) == (404, 404)
        words = seen.json()["detail"].replace(str(number), "…")
        assert words == "there is no matter …, or you have no part in it"
        assert done.json() == seen.json()
        assert {*seen.headers} == {*call(world, who, "GET", f"{MATTERS}/{nothing}").headers}


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [("", 401, None), ("wu", 403, "auditor"), ("wang", 403, "in_office_only"), ("qian", 403, None)],
)
def test_matters_are_for_those_in_office(
    world: Province, granted: Kept, who: str, status: int, code: str | None
) -> None:
    answers = (
        call(world, who, "GET", MATTERS),
        call(world, who, "GET", f"{MATTERS}/{granted['id']}"),
        open_request(world, "nobody-0001", who),
        act(world, who, granted["id"], "finish", "nobody-0002", 5, reason="x"),
    )
    for answer in answers:
        assert answer.status_code == status, answer.text
        if code is not None:
            assert answer.json()["reason"]["code"] == code


def test_a_system_asks_and_never_signs(world: Province) -> None:
    made = open_request(world, "machine-0001", "dept-yb")
    matter = made.json()["matter"]
    assert made.status_code == 201
    assert allowed(world, "dept-yb", matter) == {"amend", "submit"}
    assert act(world, "dept-yb", matter, "submit", "machine-0002", 1).status_code == 200
    refused = act(world, "dept-yb", matter, "approve_inside", "machine-0003", 2)
    assert (refused.status_code, refused.json()["reason"]["code"]) == (403, "matter_duty")
    assert act(world, "xu", matter, "approve_inside", "machine-0004", 2).status_code == 200


def reported(world: Province, key: str, who: str, kind: str, **values: Any) -> httpx.Response:
    body = {"kind": kind, "key": key, "values": values}
    return call(world, who, "POST", f"{MATTERS}?lang=en", body)


def test_a_system_reports_an_incident_and_the_authority_is_told(world: Province) -> None:
    said = {"severity": "grave", "nature": "leaked", "found_on": "2026-11-22"}
    said |= {"account": "接口口令外泄", "measures": "已停用接口"}
    first, again = (
        reported(world, "incident-0001", "dept-yb", "incident", **said) for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 200), first.text
    assert again.json() == first.json() | {"replayed": True}
    matter = first.json()["matter"]
    assert (first.json()["number"], first.json()["state"]) == (f"IN-{matter:06d}", "reported")
    todo = call(world, "luo", "GET", MATTERS).json()["matters"]
    assert matter in {one["id"] for one in todo}
    assert read(world, "luo", matter)["texts"]["account"] == "接口口令外泄"
    assert allowed(world, "dept-yb", matter) == {"update"}
    assert call(world, "sun", "GET", f"{MATTERS}/{matter}").status_code == 404
    late = reported(
        world, "incident-0002", "dept-yb", "incident", **{**said, "found_on": "2026-11-24"}
    )
    assert (late.status_code, "in the future" in late.json()["detail"]) == (422, True)
    flaw = {name: said[name] for name in ("found_on", "account", "measures")}
    made = reported(world, "flaw-00001", "dept-yb", "vulnerability", severity="high", **flaw)
    (clock,) = read(world, "luo", made.json()["matter"])["clocks"]
    assert (clock["duty"], clock["due"]) == ("CN-others/vulnerability_report", "2026-11-24")


def test_a_complaint_is_a_persons_and_not_a_systems(world: Province) -> None:
    said = {"respondent": INSURANCE, "subject": "misused", "claim": "超范围使用"}
    machine = reported(world, "complaint-01", "dept-yb", "complaint", **said)
    assert (machine.status_code, machine.json()["reason"]["code"]) == (403, "matter_duty")
    made = reported(world, "complaint-02", "chen", "complaint", **said)
    assert made.status_code == 201
    matter = made.json()["matter"]
    for who in ("sun", "fang"):
        assert call(world, who, "GET", f"{MATTERS}/{matter}").status_code == 404
    assert allowed(world, "luo", matter) == {"accept", "not_accept"}
    other = reported(world, "complaint-03", "chen", "sharing_request", **said)
    assert other.status_code == 422
    unsaid = reported(world, "complaint-04", "chen", "complaint", subject="other", claim="x")
    assert "choose the department" in unsaid.json()["detail"]


def test_a_need_is_said_and_the_department_that_is_named_joins(world: Province) -> None:
    said = {"what": "技能等级证书", "items": "等级", "purpose": "补贴审核"}
    made = reported(world, "need-000001", "chen", "data_need", **said)
    assert made.status_code == 201, made.text
    matter = made.json()["matter"]
    assert (made.json()["number"], made.json()["state"]) == (f"DN-{matter:06d}", "checking")
    same = reported(world, "need-000002", "chen", "data_need", **said)
    assert (same.status_code, "said this need already" in same.json()["detail"]) == (409, True)
    machine = reported(world, "need-000003", "dept-yb", "data_need", **said)
    assert (machine.status_code, machine.json()["reason"]["code"]) == (403, "matter_duty")
    assert call(world, "sun", "GET", f"{MATTERS}/{matter}").status_code == 404
    body = {"department": INSURANCE, "because": "collects"}
    named = act(world, "luo", matter, "designate", "need-000004", 1, values=body)
    assert named.status_code == 200, named.text
    assert allowed(world, "sun", matter) == {"catalogue", "object"}
    parties = {one["role"]: one["key"] for one in read(world, "chen", matter)["parties"]}
    assert parties["provider"] == INSURANCE
    met = act(world, "sun", matter, "catalogue", "need-000005", 2, values={"met_by": DATASET})
    assert met.json()["state"] == "met"


def test_what_cannot_be_asked_for_is_said(world: Province) -> None:
    own = call(world, "sun", "POST", f"{REQUESTS}?lang=en", {"key": "own-000001", "values": VALUES})
    assert (own.status_code, own.json()["error"]) == (409, "Conflict")
    nothing = call(world, "chen", "POST", "/api/v1/datasets/nothing/requests", {})
    assert nothing.status_code == 422  # the body comes first
    body = {"key": "nothing-0001", "values": VALUES}
    nothing = call(world, "chen", "POST", "/api/v1/datasets/nothing/requests", body)
    assert nothing.status_code == 404
    incomplete = call(world, "chen", "POST", f"{REQUESTS}?lang=en", body | {"values": {}})
    assert incomplete.status_code == 422
    assert "fill in “Scope”" in incomplete.json()["detail"]
    fields = open_request(world, "nothing-0002", fields=["nothing"])
    assert (fields.status_code, "no field nothing" in fields.json()["detail"]) == (422, True)


def test_a_list_is_what_waits_for_its_reader(world: Province) -> None:
    number = open_request(world, "list-0001").json()["number"]
    todo = call(world, "chen", "GET", MATTERS).json()
    line = next(one for one in todo["matters"] if one["number"] == number)
    assert (todo["box"], todo["overdue"], todo["more"]) == ("todo", 0, False)
    assert todo["waiting"] == len(todo["matters"])
    assert (line["state"], line["due"], line["overdue"]) == ("draft", None, False)
    assert line["owner"] == [{"role": "requester", "kind": "organisation", "key": XIHU}]
    for box in ("started", "open"):
        listed = call(world, "chen", "GET", f"{MATTERS}?box={box}").json()["matters"]
        assert number in {one["number"] for one in listed}
    for box in ("done", "closed"):
        assert call(world, "tang", "GET", f"{MATTERS}?box={box}").json()["matters"] == []
    assert call(world, "chen", "GET", f"{MATTERS}?page=200").json()["matters"] == []
    for wrong in ("box=nothing", "page=0", "page=201", "pages=1", "box=todo&box=open"):
        assert call(world, "chen", "GET", f"{MATTERS}?{wrong}").status_code == 422


def test_what_is_in_use_is_settled_and_not_open(world: Province, granted: Kept) -> None:
    """Of both sides; the steps of it stay possible."""
    for who in ("chen", "sun"):
        boxes = {
            box: {
                one["id"]
                for one in call(world, who, "GET", f"{MATTERS}?box={box}").json()["matters"]
            }
            for box in ("open", "settled", "closed")
        }
        assert granted["id"] in boxes["settled"]
        assert granted["id"] not in boxes["open"] | boxes["closed"]


def test_no_answer_names_a_person(world: Province, granted: Kept) -> None:
    with transaction(world.services.node.database) as session:
        rows = session.scalars(select(PersonRow)).all()
        marks = session.scalars(select(MatterEventRow)).all()
        secret = {one for row in rows for one in (row.person, row.subject) if one}
        secret |= {
            one for row in marks for one in (row.command_key, row.command_sha256, row.digest)
        }
    secret |= {one.name_zh for one in content().people}
    for who in ("chen", "ding", "sun", "fang", "luo"):
        answers = [call(world, who, "GET", f"{MATTERS}/{granted['id']}").text]
        answers += [call(world, who, "GET", f"{MATTERS}?box={box}").text for box in BOXES]
        assert not [one for one in secret if any(one in text for text in answers)]


def test_the_key_of_a_person_who_takes_part_stays_here(tmp_path: Path) -> None:
    """No kind of the demo has a person and an office in it: here a person is put in by hand."""
    for world in without_data(tmp_path):
        matter = open_request(world, "person-0001").json()["matter"]
        with transaction(world.services.node.database) as session:
            session.add(MatterPartyRow(matter=matter, role="requester", kind="person", key="p1_x"))
            session.add(MatterPartyRow(matter=matter, role="requester", kind="firm", key="F1"))
            as_person = {"organisation": None, "position": None, "stands_in_for": "p1_y"}
            of_it = update(MatterEventRow).where(MatterEventRow.matter == matter)
            session.execute(of_it.values(as_person))
        found = call(world, "chen", "GET", f"{MATTERS}/{matter}")
        lists = [call(world, "chen", "GET", f"{MATTERS}?box={box}") for box in BOXES]
        assert not [one for one in (found, *lists) if "p1_" in one.text]
        parties = [(one["kind"], one["key"]) for one in found.json()["parties"]]
        assert {("person", None), ("firm", "F1")} <= set(parties)
        owner = lists[0].json()["matters"][0]["owner"]
        assert {"role": "requester", "kind": "person", "key": None} in owner
        assert found.json()["events"][0]["stands_in_for"] is None


HUGE = (10**400, -(10**400), 2**31, 2**63, 2**64, -(2**63) - 1)
ODD = ("\ud800", "a\udfff", "\x00", "a\x00b", "\u202e", "\u3164", "", " ", "x" * 6000, "9" * 400)
SCALARS = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    *(st.sampled_from(HUGE), st.sampled_from(ODD)),
)
NAMES = st.sampled_from(("basis", "fields", "until", "method", "opinion", "\ud800", "", "\x00"))
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
MEMBERS = ("key", "event", "version", "values", "reason", "article", "evidence", "\ud800", "more")
CHANGES = st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=3)
OF_VALUES = st.dictionaries(st.sampled_from((*VALUES, "opinion", "\udc00")), JSON, max_size=3)
ANSWERED = {200, 201, 403, 404, 409, 422}


@settings(deadline=None, max_examples=150)
@given(changes=CHANGES, values=OF_VALUES, whole=st.none() | JSON)
def test_no_body_is_a_fault_of_ours(
    world: Province, draft: int, changes: Kept, values: Kept, whole: object
) -> None:
    asked: Kept = {"key": "property-0001", "values": {**VALUES, **values}}
    wanted: Kept = {"event": "amend", "version": 1, **asked}
    for address, right in ((REQUESTS, asked), (f"{MATTERS}/{draft}/events", wanted)):
        body = whole if whole is not None else {**right, **changes}
        answer = call(world, "chen", "POST", address, body)
        assert answer.status_code in ANSWERED, (answer.status_code, answer.text)
        assert isinstance(answer.json(), dict)


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"nonsense", b"null", b"[]", b'"a"', b"\xff\xfe", b"\xed\xa0\x80", b"{", b"NaN"),
        *(b"[" * 100_000, b'{"values":' * 50_000, b"9" * 400, b"9" * 10_000),
        b'{"key": "raw-000001", "version": ' + b"9" * 10_000 + b"}",
        b'{"key": "raw-000001", "values": {"basis": 1e400}}',
        b'{"key": "raw-000001", "values": {"\\ud800": "a"}}',
        b'{"\\ud800": 1}',
        json.dumps({f"m{n}" * 40: n for n in range(2000)}).encode(),
        json.dumps({"key": "raw-000001", "values": {f"m{n}": n for n in range(2000)}}).encode(),
    ],
    ids=lambda raw: f"{raw[:12]!r} {len(raw)}",
)
def test_what_is_no_body_is_told_so(world: Province, draft: int, raw: bytes) -> None:
    for address in (REQUESTS, f"{MATTERS}/{draft}/events"):
        answer = call(world, "chen", "POST", address, raw=raw)
        assert (answer.status_code, answer.json()["error"]) == (422, "BadInput")
        assert len(answer.content) < 10_000


def test_a_body_that_is_too_large_is_refused_unread(world: Province) -> None:
    body = {"key": "large-0001", "values": {"basis": "x" * (2 << 20)}}
    assert call(world, "chen", "POST", REQUESTS, body).status_code == 413


@pytest.mark.parametrize(
    "number", ["0", "-1", "2147483648", "9" * 40, "9" * 5000, "one", "1.5", "%00", "%ed%a0%80"]
)
def test_no_number_of_a_matter_is_a_fault_of_ours(world: Province, number: str) -> None:
    body = {"event": "submit", "key": "number-0001", "version": 1}
    assert call(world, "chen", "GET", f"{MATTERS}/{number}").status_code == 422
    assert call(world, "chen", "POST", f"{MATTERS}/{number}/events", body).status_code == 422
