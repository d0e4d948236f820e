"""Cases over the API: what a department's own system is told, reads and reports, and nobody else.

The demo's system dept-yb works with care_elsewhere and newborn_insurance; the handlers of their
body are chen-yb and shen-yb.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import event, select, update

from tests import casing
from tests.asking import acted_province
from tests.province import NOW, Province
from tests.test_platform.files.made import pdf
from tests.test_portals.api.callers import Call, send, token_headers
from xihu_catalog.services import systems
from xihu_catalog.services.items import service_items
from xihu_platform.access.grounds import GroundRow
from xihu_platform.audit.models import AuditEntry, AuditSubject
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput
from xihu_platform.files.check import SIZE_LIMIT
from xihu_platform.identity.models import PositionRow, SystemRow
from xihu_platform.identity.people import list_positions_by_id
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import Command
from xihu_platform.matters.models import MatterEventRow

__all__ = ["acted_province"]  # a fixture
CASES = "/api/v1/cases"
RS = "11339900100102741M"
PEOPLE = {"chen-yb": "p-official-two", "shen-yb": "p-official-yb-second"}
KEYS = count()
Said = dict[str, Any]  # Any: JSON


def call(
    province: Province,
    who: str,
    method: str,
    address: str,
    body: Said | None = None,
    *,
    key: str = "",
    raw: bytes | None = None,
    position: str = "",
) -> httpx.Response:
    """`dept-…` is a system; anybody else a person in their usual position."""
    if who.startswith("dept-"):
        headers = {"Authorization": f"Bearer {province.system_token(who)}"}
    else:
        headers = token_headers(province, "right" if who else "no_token", who)
    if position:
        headers["X-Xihu-Position"] = position
    if key:
        headers["Idempotency-Key"] = key
    content = orjson.dumps(body) if body is not None else raw
    headers["Content-Type"] = "application/json" if raw is None else "application/pdf"

    async def once() -> httpx.Response:
        async with province.client() as client:
            return await client.request(
                method,
                f"{address}{'&' if '?' in address else '?'}lang=en",
                headers=headers,
                content=content,
            )

    return asyncio.run(once())


def number_of(matter: int) -> str:
    return f"BJ-{matter:06d}"


def case(province: Province, item: str = "care_elsewhere") -> str:
    return number_of(casing.handed_in(province, item))


def holder(province: Province, number: str) -> str:
    with transaction(province.services.node.database) as session:
        return session.get_one(GroundRow, number).position


def read(province: Province, number: str, who: str = "dept-yb") -> Said:
    got = call(province, who, "GET", f"{CASES}/{number}")
    assert got.status_code == 200, got.text
    found: Said = got.json()
    return found


def report(
    province: Province, number: str, what: str, *, who: str = "dept-yb", key: str = "", **more: Any
) -> httpx.Response:
    """At the present version, for whoever has the case, unless it is said otherwise."""
    body = {"event": what, "position": more.pop("position", None) or holder(province, number)}
    if "version" not in more:
        more["version"] = read(province, number)["version"]
    key = key or f"case-key-{next(KEYS):06d}"
    return call(province, who, "POST", f"{CASES}/{number}/events", body | more, key=key)


def listed(province: Province, who: str = "dept-yb", **asked: str | int) -> list[Said]:
    """Every page of a round."""
    found, cursor = list[Said](), None
    while True:
        query = "&".join(f"{n}={v}" for n, v in asked.items())
        more = f"&cursor={cursor}" if cursor else ""
        got = call(province, who, "GET", f"{CASES}?{query}{more}")
        assert got.status_code == 200, got.text
        found += got.json()["cases"]
        cursor = got.json()["next"]
        if cursor is None:
            return found


def logged(province: Province, number: str) -> list[Said]:
    with transaction(province.services.node.database) as session:
        rows = session.scalars(
            select(AuditEntry.body).where(AuditEntry.kind == "system").order_by(AuditEntry.seq)
        )
        said = [orjson.loads(one) for one in rows]
    return [one for one in said if one["matter"] == number]


@pytest.fixture(scope="module", name="other")
def another_system(province: Province) -> str:
    """A system of another department, registered and named by no item."""
    with transaction(province.services.node.database) as session:
        session.add(
            SystemRow(client_id="dept-rs", organisation=RS, name_zh="社保系统", name_en="Insurance")
        )
    return "dept-rs"


@contextmanager
def naming(monkeypatch: pytest.MonkeyPatch, **named: str | None) -> Iterator[None]:
    """Items with another system than the registry's."""
    changed = {
        name: one.model_copy(update={"system": named[name]}) if name in named else one
        for name, one in service_items().items()
    }
    with monkeypatch.context() as patch:
        patch.setattr(systems, "service_items", lambda: changed)
        yield


def test_the_list_has_where_each_case_stands_and_nothing_its_applicant_wrote(
    province: Province,
) -> None:
    number = case(province)
    (one,) = [one for one in listed(province) if one["number"] == number]
    # handed in on Monday 2026-11-23; the local check takes one working day
    received = one.pop("received")
    assert received.startswith("2026-11-23T04:")
    assert one.pop("due") in {"2026-11-24", "2026-11-25", "2026-11-30"}
    assert one == {
        "number": number,
        "item": "care_elsewhere",
        "item_version": 1,
        "state": "received",
        "version": 3,
        "firm": True,
        "position": holder(province, number),
    }
    elsewhere = case(province, "elder_card")
    assert elsewhere not in {one["number"] for one in listed(province)}


def test_a_draft_is_nobody_s(province: Province) -> None:
    number = number_of(casing.begun(province, "care_elsewhere"))
    assert number not in {one["number"] for one in listed(province)}
    assert call(province, "dept-yb", "GET", f"{CASES}/{number}").status_code == 404


def test_pages_have_each_case_once_while_others_come_in(province: Province) -> None:
    before = {case(province) for _ in range(4)}
    seen, cursor, came = list[str](), "", set[str]()
    while True:
        got = call(province, "dept-yb", "GET", f"{CASES}?limit=2{cursor}").json()
        seen += [one["number"] for one in got["cases"]]
        if got["next"] is None:  # what comes in after the last page is for a later round
            break
        if len(came) < 3:
            came.add(case(province, "newborn_insurance"))
        cursor = f"&cursor={got['next']}"
    assert came
    assert len(seen) == len(set(seen))
    assert before | came <= set(seen)


def test_a_later_round_has_what_happened_since(province: Province) -> None:
    quiet, moved = case(province), case(province)
    first = call(province, "dept-yb", "GET", f"{CASES}?limit=1").json()
    now = province.services.node.clock().isoformat().replace("+00:00", "Z")
    assert [one["number"] for one in listed(province, since=now)] == []
    assert report(province, moved, "accept").status_code == 200
    assert [one["number"] for one in listed(province, since=now)] == [moved]
    assert moved in {one["number"] for one in listed(province, state="in_review")}
    assert quiet not in {one["number"] for one in listed(province, state="in_review")}
    later = call(province, "dept-yb", "GET", f"{CASES}?since={first['next_since']}").json()
    assert moved in {one["number"] for one in later["cases"]}


def test_what_an_applicant_does_is_told_too(province: Province) -> None:
    number = case(province)
    now = province.services.node.clock().isoformat().replace("+00:00", "Z")
    casing.act(province, int(number[3:]), province.citizen("wang"), "withdraw")
    assert [(o["number"], o["state"]) for o in listed(province, since=now)] == [
        (number, "withdrawn")
    ]


def test_an_official_has_those_of_their_position(province: Province) -> None:
    number = case(province)
    position = holder(province, number)
    (other,) = PEOPLE.keys() - {position}
    who = {one: one.partition("-")[0] for one in PEOPLE}

    def mine(one: str) -> set[str]:
        got = call(province, who[one], "GET", f"{CASES}?limit=200", position=one)
        assert got.status_code == 200, got.text
        return {found["number"] for found in got.json()["cases"]}

    assert number in mine(position)
    assert number not in mine(other)
    assert mine(position).isdisjoint(mine(other))
    assert call(province, "tang", "GET", CASES).json()["cases"] == []


def test_the_list_asks_as_often_for_many_as_for_one(province: Province) -> None:
    for _ in range(3):
        case(province)
    asked = list[str]()

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        if "FROM ground" in statement or "FROM matter" in statement:
            asked.append(statement)

    engine = province.services.node.database
    event.listen(engine, "before_cursor_execute", note)
    try:
        call(province, "dept-yb", "GET", f"{CASES}?limit=1")
        few = len(asked)
        call(province, "dept-yb", "GET", f"{CASES}?limit=200")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 2 * few
    assert few == 2  # the cases, and their clocks


def test_a_cursor_is_of_one_reader_and_question(province: Province, other: str) -> None:
    case(province), case(province)
    cursor = call(province, "dept-yb", "GET", f"{CASES}?limit=1").json()["next"]
    for who, query in ((other, ""), ("chen", ""), ("dept-yb", "&state=received")):
        got = call(province, who, "GET", f"{CASES}?cursor={cursor}{query}")
        assert (got.status_code, got.json()["error"]) == (422, "BadInput"), who
    for wrong in ("since=2026-02-30T00:00:00Z", "since=yesterday", "since=2026", "cursor=00"):
        assert call(province, "dept-yb", "GET", f"{CASES}?{wrong}").status_code == 422, wrong


def test_what_was_given_is_read_and_the_look_is_in_the_log(province: Province) -> None:
    matter = casing.handed_in(province, "care_elsewhere", written={"where_to": "示例市人民医院"})
    number = number_of(matter)
    found = read(province, number)
    fields = {one["id"]: one["value"] for one in found["fields"]}
    assert fields["where_to"] == "示例市人民医院" and fields["from_day"] == "1988-04-12"
    assert [one["answer"] for one in found["answers"]] == ["unknown", "unknown"]
    papers = {one["id"]: one["given"] for one in found["papers"]}
    assert papers["living_there"] == "at_counter"
    steps = {one["name"]: one for one in found["steps"]}
    assert {"accept", "reject", "ask_completion", "grant_at_once"} <= steps.keys()
    assert steps["grant_at_once"]["decision"] and not steps["accept"]["decision"]
    (look,) = logged(province, number)
    assert (look["did"], look["principal"], look["organisation"]) == (
        "look",
        "dept-yb",
        "113399001001041148",
    )


def test_what_registers_say_is_no_part_of_it(province: Province) -> None:
    """Neither a register's value, nor that one has a paper, nor what the applicant changed."""
    text = json.dumps(read(province, case(province)), ensure_ascii=False)
    for word in ("register", "shared", "amended", "confirmed", "ga_residents", "王若溪", "339"):
        assert word not in text, word


def test_a_case_that_is_over_is_not_read_any_more(province: Province) -> None:
    number = case(province)
    casing.act(province, int(number[3:]), province.citizen("wang"), "withdraw")
    for method, path in (("GET", ""), ("GET", "/files/1"), ("POST", "/files?name=a.pdf")):
        got = call(province, "dept-yb", method, f"{CASES}/{number}{path}", raw=pdf())
        assert (got.status_code, got.json()["reason"]["code"]) == (403, "case_is_over"), path
    got = report(province, number, "accept", version=4)
    assert got.status_code == 409 and "Withdrawn" in got.json()["detail"]


@pytest.mark.parametrize("path", ["", "/files/1", "/files?name=a.pdf", "/events"])
def test_others_learn_nothing_of_a_case(province: Province, other: str, path: str) -> None:
    """The same answer for a number that there is and for one that there is not."""
    number = case(province)
    step = {"event": "accept", "position": "chen-yb", "version": 3}
    for who, status in (("", 401), ("wang", 403), ("sun", 403), ("chen", 403), (other, 404)):
        said = []
        for one in (number, "BJ-999999"):
            method = "POST" if path.startswith(("/files?", "/events")) else "GET"
            body = step if path == "/events" else None
            raw = pdf() if path.startswith("/files?") else None
            key = f"other-{next(KEYS):06d}"
            got = call(province, who, method, f"{CASES}/{one}{path}", body, raw=raw, key=key)
            assert got.status_code == status, (who, got.text)
            said.append(got.text.replace(one, "BJ"))
        assert said[0] == said[1], who
    assert logged(province, number) == []
    assert call(province, "wang", "GET", CASES).status_code == 403
    assert call(province, other, "GET", CASES).json()["cases"] == []


def test_an_item_that_is_taken_away_takes_its_cases_along(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = case(province)
    cursor = call(province, "dept-yb", "GET", f"{CASES}?limit=1").json()["next"]
    with naming(monkeypatch, care_elsewhere=None):
        assert number not in {one["number"] for one in listed(province)}
        rest = call(province, "dept-yb", "GET", f"{CASES}?limit=200&cursor={cursor}").json()
        assert {one["item"] for one in rest["cases"]} <= {"newborn_insurance"}
        assert call(province, "dept-yb", "GET", f"{CASES}/{number}").status_code == 404
        step = {"event": "accept", "position": "chen-yb", "version": 3}
        address = f"{CASES}/{number}/events"
        got = call(province, "dept-yb", "POST", address, step, key="taken-away-1")
        assert got.status_code == 404
    with naming(monkeypatch, elder_card="dept-yb"):  # another body's item gives it nothing
        elsewhere = case(province, "elder_card")
        assert call(province, "dept-yb", "GET", f"{CASES}/{elsewhere}").status_code == 404
        assert elsewhere not in {one["number"] for one in listed(province)}


def test_a_case_goes_its_way_as_reported(province: Province) -> None:
    number = case(province)
    position = holder(province, number)
    done = report(province, number, "accept")
    assert done.status_code == 200, done.text
    assert done.json() == {
        "number": number,
        "event": "accept",
        "seq": 4,
        "state": "in_review",
        "version": 4,
        "reported_by": "dept-yb",
        "position": position,
        "replayed": False,
    }
    with transaction(province.services.node.database) as session:
        row = session.get_one(MatterEventRow, (int(number[3:]), 4))
        assert (row.sub, row.position, row.stands_in_for) == (
            "dept-yb",
            "system:dept-yb",
            position,
        )
    granted = report(province, number, "grant", decided_by=PEOPLE[position])
    assert granted.status_code == 200, granted.text
    delivered = report(province, number, "deliver", key="deliver-once-1", version=5)
    assert delivered.json()["state"] == "delivered"
    reports = [one for one in logged(province, number) if one["did"] == "report"]
    assert [(one["event"], one["for"], one.get("decided_by")) for one in reports] == [
        ("accept", position, None),
        ("grant", position, PEOPLE[position]),
        ("deliver", position, None),
    ]
    again = report(province, number, "deliver", key="deliver-once-1", version=5)
    assert again.status_code == 200, again.text  # over by now, and the answer is the first one
    assert again.json() == delivered.json() | {"replayed": True}


def test_a_key_is_one_act(province: Province) -> None:
    number, another = case(province), case(province)
    first = report(province, number, "accept", key="one-act-0001")
    again = report(province, number, "accept", key="one-act-0001", version=3)
    assert again.json() == first.json() | {"replayed": True}
    (other,) = PEOPLE.keys() - {holder(province, number)}
    for changed in (
        report(province, number, "end_special", key="one-act-0001"),
        report(province, number, "accept", key="one-act-0001", position=other),
        report(province, another, "accept", key="one-act-0001"),
    ):
        assert changed.status_code == 422 and "handed in before" in changed.json()["detail"]
    body = {"event": "accept", "position": "chen-yb", "version": 3}
    for key in ("", "short", "with blanks in it"):
        got = call(province, "dept-yb", "POST", f"{CASES}/{another}/events", body, key=key)
        assert got.status_code == 422, key


def test_a_version_that_has_passed_is_told_what_changed(province: Province) -> None:
    number = case(province)
    assert report(province, number, "accept").status_code == 200
    got = report(
        province,
        number,
        "reject",
        version=3,
        reason="x",
        article="x",
        decided_by=PEOPLE[holder(province, number)],
    )
    assert got.status_code == 409
    assert got.json()["present"] == {"version": 4, "state": "in_review", "changed": ["accept"]}


def test_only_the_position_that_has_the_case_is_reported_for(province: Province) -> None:
    number = case(province)
    (other,) = PEOPLE.keys() - {holder(province, number)}
    got = report(province, number, "accept", position=other)
    assert got.status_code == 409 and "take the case first" in got.json()["detail"]
    got = report(province, number, "accept", position="tang-yb")  # a steward
    assert (got.status_code, got.json()["reason"]["code"]) == (403, "matter_duty")
    assert report(province, number, "take", position=other).status_code == 200
    assert holder(province, number) == other
    assert report(province, number, "accept", position=other).status_code == 200


@pytest.mark.parametrize("position", ["sun-rs", "no-such", "system:dept-yb", "chen-xihu"])
def test_a_position_of_nobody_s_or_of_another_organisation_is_told_in_the_same_words(
    province: Province, position: str
) -> None:
    got = report(province, case(province), "accept", position=position)
    assert got.status_code == 422
    assert got.json()["detail"] == (
        f"your organisation has no position “{position}” that somebody has today: name that of "
        "whoever did it"
    )


def test_a_decision_is_a_person_s(province: Province) -> None:
    number = case(province)
    position = holder(province, number)
    (other,) = PEOPLE.keys() - {position}
    assert report(province, number, "accept", decided_by=PEOPLE[position]).status_code == 422
    assert report(province, number, "accept").status_code == 200
    details = set()
    for by in (None, PEOPLE[other], "p-citizen3", "nobody", ""):
        got = report(province, number, "grant", decided_by=by)
        assert got.status_code == 422, by
        details.add(got.json()["detail"])
    assert len(details) == 1 and position in details.pop()
    refusal = report(province, number, "refuse", decided_by=PEOPLE[position])
    assert refusal.status_code == 422 and "reason" in refusal.json()["detail"]  # and the article
    assert read(province, number)["state"] == "in_review"


def test_an_applicant_s_step_is_not_reported(province: Province) -> None:
    got = report(province, case(province), "withdraw")
    assert (got.status_code, got.json()["reason"]["code"]) == (403, "matter_party")
    assert report(province, case(province), "no_such_event").status_code == 409


def test_where_two_decide_one_system_reports_one_of_them(
    province: Province, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """account_inheritance is reviewed by one and granted by another, of the insurance office."""
    with (
        naming(monkeypatch, account_inheritance=other),
        transaction(province.services.node.database) as session,
    ):
        of_body = select(PositionRow).where(PositionRow.organisation == RS)
        handlers = {
            one.id: one.person for one in session.scalars(of_body) if "handler" in one.duties
        }
    with naming(monkeypatch, account_inheritance=other):
        number = number_of(casing.handed_in(province, "account_inheritance"))
        mine = holder(province, number)
        version = read(province, number, other)["version"]
        said: Said = {"who": other, "version": version}
        assert report(province, number, "accept", **said).status_code == 200
        review = said | {"version": version + 1, "values": {"opinion": "材料齐全"}}
        got = report(province, number, "review", **review)
        assert got.status_code == 422 and "for a person" in got.json()["detail"]
        got = report(province, number, "review", decided_by=handlers[mine], **review)
        assert got.status_code == 200, got.text
        second = next((one for one in handlers if handlers[one] != handlers[mine]), None)
        assert second is not None
        with transaction(province.services.node.database) as session:
            session.execute(
                update(GroundRow).where(GroundRow.number == number).values(position=second)
            )
        grant = said | {"version": version + 2, "position": second}
        got = report(province, number, "grant", decided_by=handlers[second], **grant)
        assert got.status_code == 422 and "somebody else has to do this" in got.json()["detail"]
    with transaction(province.services.node.database) as session:
        (position,) = list_positions_by_id(session, [second], civil_date(NOW))
    reviewer = Principal(  # in another position than that in which they reviewed
        "official", handlers[mine], level=3, position=position, portal="official"
    )
    matter, command = (
        int(number.rpartition("-")[2]),
        Command("grant", "by-who-reviewed", version + 2),
    )
    with pytest.raises(BadInput, match="somebody else has to do this"):
        province.services.matters.act(reviewer, matter, command)


def test_a_document_of_the_office_is_attached_and_read(province: Province) -> None:
    number, paper = case(province), pdf()
    address = f"{CASES}/{number}/files"
    first = call(province, "dept-yb", "POST", f"{address}?name=notice.pdf", raw=paper)
    assert first.status_code == 201, first.text
    again = call(province, "dept-yb", "POST", f"{address}?name=notice.pdf", raw=paper)
    assert (again.status_code, again.json()) == (200, first.json() | {"replayed": True})
    (file,) = read(province, number)["files"]
    assert (file["id"], file["name"], file["size"]) == (
        first.json()["id"],
        "notice.pdf",
        len(paper),
    )
    got = call(province, "dept-yb", "GET", f"{address}/{file['id']}")
    assert (got.status_code, got.content) == (200, paper)
    assert call(province, "dept-yb", "GET", f"{address}/999999").status_code == 404
    elsewhere = case(province)
    there = call(province, "dept-yb", "GET", f"{CASES}/{elsewhere}/files/{file['id']}")
    assert there.status_code == 404


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 422), (b"MZ\x90", 422), (pdf() + b"x" * SIZE_LIMIT, 413)]
)
def test_what_is_no_passive_file_or_too_large_is_said(
    province: Province, body: bytes, status: int
) -> None:
    number = case(province)
    got = call(province, "dept-yb", "POST", f"{CASES}/{number}/files?name=a.pdf", raw=body)
    assert got.status_code == status and got.json()["detail"]
    assert read(province, number)["files"] == []


def test_a_position_that_nobody_has_any_more_reads_nothing_until_another_takes_it(
    province: Province,
) -> None:
    number = case(province)
    mine = holder(province, number)
    (other,) = PEOPLE.keys() - {mine}
    with transaction(province.services.node.database) as session:
        row = session.get_one(PositionRow, mine)
        until, row.valid_to = row.valid_to, row.valid_from
    try:
        got = call(province, "dept-yb", "GET", f"{CASES}/{number}")
        assert got.status_code == 409 and "take the case first" in got.json()["detail"]
        assert report(province, number, "take", position=other, version=3).status_code == 200
        assert read(province, number)["position"] == other
    finally:
        with transaction(province.services.node.database) as session:
            session.get_one(PositionRow, mine).valid_to = until


def test_nobody_is_listed_among_the_subjects_of_a_look(province: Province) -> None:
    """As with other looks at what was written in a matter, which is about no dataset: the log has
    it, the page of uses of registers' data does not."""
    number = case(province)
    read(province, number)
    with transaction(province.services.node.database) as session:
        looks = select(AuditEntry.seq).where(AuditEntry.kind == "system")
        assert (
            session.scalars(select(AuditSubject.seq).where(AuditSubject.seq.in_(looks))).all() == []
        )


def test_pages_of_a_case_say_what_a_system_reported(province: Province) -> None:
    """The applicant's page, the desk's and the auditor's: as done by the office, through its
    system."""
    matter = casing.handed_in(province, "care_elsewhere")
    assert report(province, number_of(matter), "accept").status_code == 200
    officer = f"{holder(province, number_of(matter)).partition('-')[0]}"
    for who, path in (
        ("wang", f"/my/matters/{matter}"),
        (f"{officer}/{officer}-yb", f"/official/cases/{matter}"),
        ("wu", "/official/audit"),
    ):
        shown = send(province, Call("GET", path, "", who), "right")
        assert shown.status_code == 200, path
        assert "受理" in shown.text or "部门系统" in shown.text, path


def test_the_log_has_no_text_of_a_step_that_there_is_not(province: Province) -> None:
    number = case(province)
    said: Said = {"position": "chen-yb", "version": 3, "decided_by": "339999198804120289"}
    report(province, number, "not_a_step", **said)
    assert "339999198804120289" not in json.dumps(logged(province, number))
