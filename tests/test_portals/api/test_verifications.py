"""Verifications over HTTP: who is answered what, what is recorded, and what never leaves."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import func, select

from tests.province import NOW, Province, make_province
from tests.test_portals.api.answers import Question, ask, verifications
from tests.test_portals.api.callers import Call, send
from tests.test_portals.api.test_openapi import assert_modelled, models
from tests.verifying import (
    CLAIM,
    INSURANCE,
    RS,
    YB,
    InsuredMonth,
    add_ground,
    add_item,
    batch,
    right_lines,
    without_rules,
)
from xihu_catalog.standards.documents import kind_of
from xihu_pipelines.ingest.load import load_file
from xihu_platform.access.decision import Allow, RowFilter
from xihu_platform.access.grounds import GroundSubjectRow
from xihu_platform.access.models import GrantRow
from xihu_platform.access.uses import list_uses
from xihu_platform.access.verification import ClaimAsked, verify
from xihu_platform.access.verification_record import ARGUMENT_LIMIT, VerificationRow
from xihu_platform.audit.models import AuditEntry, AuditSubject
from xihu_platform.database import transaction
from xihu_platform.errors import Refused
from xihu_platform.sql import Statement
from xihu_platform.words import LANGUAGES

WANG = "339999198804120289"
MONTHS = tuple(f"2026-{month:02}" for month in range(4, 12))
ONE, LIST = "/api/v1/verifications", "/api/v1/verifications/list"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module", name="province")
def province_of_grounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    for province in make_province(tmp_path_factory.mktemp("verifications")):
        add_item(province)
        yield province


@pytest.fixture(scope="module")
def wang(province: Province) -> str:
    return str(province.citizen("wang").subject)


def asked(number: str, **changed: Any) -> dict[str, Any]:  # Any: JSON
    body = {"ground": number, "subject": 1, "dataset": INSURANCE, "claim": CLAIM}
    return body | {"argument": "2026-09"} | changed


def post(
    province: Province, body: dict[str, Any], who: str = "chen-yb", language: str = "zh"
) -> httpx.Response:
    """Any: JSON. `who` is a position, or a system."""
    username, _, _ = who.partition("-")
    headers = dict(JSON)
    if who.startswith("dept-"):
        headers["Authorization"] = f"Bearer {province.system_token(who)}"
    else:
        headers |= {"Authorization": f"Bearer {province.token(username)}", "X-Xihu-Position": who}
    address = ONE if "subject" in body else LIST
    question = Question("verify", address, "", 200, "POST", headers, json.dumps(body))
    return ask(province, question, language)


def entries(province: Province, kind: str, after: int = -1) -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.kind == kind, AuditEntry.seq > after)
    with transaction(province.services.node.database) as session:
        return list(session.scalars(query.order_by(AuditEntry.seq)))


def newest(province: Province) -> int:
    with transaction(province.services.node.database) as session:
        return int(session.scalar(select(func.max(AuditEntry.seq))) or 0)


def subjects(province: Province, seq: int) -> set[str]:
    with transaction(province.services.node.database) as session:
        return set(session.scalars(select(AuditSubject.subject).where(AuditSubject.seq == seq)))


def test_one_answer_with_what_it_rests_on(province: Province, wang: str) -> None:
    ground = add_ground(province, "V-ONE", [wang, "s1_" + "0" * 32])
    before = newest(province)
    found = post(province, asked(ground), language="en")
    assert found.status_code == 200
    assert found.headers["cache-control"] == "private, no-store"
    said = found.json()
    assert (said["answer"], said["repeated"], said["subject"]) == ("match", False, 1)
    assert said["title"] == "Insured in the month, paid or deferred"
    assert (said["synthetic"], said["synthetic_label"]) == (True, "Synthetic data")
    snapshot = province.services.node.lake.snapshot(f"data.{INSURANCE}").id
    assert said["snapshot"] == str(snapshot)
    assert said["snapshot"] in said["cited"] and "synthetic" in said["cited"]
    assert said["data_as_of"] == "2026-10-01"
    (intent,) = entries(province, "intent", before)
    body = orjson.loads(intent.body)
    assert (body["exit"], body["claim"], body["case"]) == ("verify", CLAIM, ground)
    assert intent.seq == said["audit_entry"]
    assert subjects(province, intent.seq) == {wang}
    assert "2026-09" not in intent.body.decode()

    again = post(province, asked(ground)).json()
    assert (again["answer"], again["repeated"]) == ("match", True)
    assert again["answered_at"] == said["answered_at"]
    (read,) = entries(province, "read", before)
    assert read.seq == again["audit_entry"] and subjects(province, read.seq) == {wang}

    nobody = post(province, asked(ground, subject=2)).json()
    assert nobody["answer"] == "no_record"
    assert nobody["data_as_of"] == said["data_as_of"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answers_are_what_their_models_say(province: Province, language: str) -> None:
    declared = models(province)
    for name, answer in verifications(province, language):
        operation, status = name.split()
        assert answer.status_code == int(status), answer.text
        assert_modelled(declared[operation], answer.json())


def test_a_system_and_another_item_are_answered_the_same(province: Province) -> None:
    for ground, who in (("XH-2026-000123", "chen-yb"), ("XH-2026-000125", "dept-yb")):
        for month, answer in (("2026-09", "match"), ("2016-09", "no_record")):
            found = post(province, asked(ground, argument=month), who)
            assert (found.status_code, found.json()["answer"]) == (200, answer)


REFUSED: tuple[tuple[str, dict[str, Any], dict[str, Any], str, str], ...] = (
    # name, the ground's changes, the body's changes, who, reason. Any: of several types.
    ("closed", {"closed": NOW - timedelta(days=1)}, {}, "chen-yb", "ground_unknown"),
    ("another office's", {"organisation": RS, "position": "sun-rs"}, {}, "chen-yb",
     "ground_unknown"),
    ("a colleague's", {"position": "shen-yb"}, {}, "chen-yb", "ground_unknown"),
    ("about somebody else", {}, {"subject": 2}, "chen-yb", "subject_unknown"),
    ("made up", {}, {"ground": "V-NONE"}, "chen-yb", "ground_unknown"),
    ("not countersigned", {"origin": "hand", "opened_by": "p-x"}, {}, "chen-yb",
     "ground_unconfirmed"),
    ("ended by itself", {"kind": "emergency", "opened": NOW - timedelta(hours=73)}, {}, "chen-yb",
     "ground_unknown"),
    ("no grant", {"organisation": "113399001001548082", "position": "chen-xihu"}, {}, "chen-xihu",
     "grant_needed"),
    ("not of the item", {}, {"dataset": "yb_hospital_visits", "claim": "settled_in_month"},
     "chen-yb", "claim_scope"),
    ("no such claim", {}, {"claim": "is_rich"}, "chen-yb", "claim_scope"),
    ("SQL as a claim", {}, {"claim": "x' OR 1=1 --"}, "chen-yb", "claim_scope"),
    ("of the future", {}, {"argument": "2026-12"}, "chen-yb", "claim_argument"),
    ("a year for a month", {}, {"argument": "2026"}, "chen-yb", "claim_argument"),
    ("no month", {}, {"argument": None}, "chen-yb", "claim_argument"),
    ("SQL as a month", {}, {"argument": "2026-09' OR '1'='1"}, "chen-yb", "claim_argument"),
    ("who oversees", {}, {}, "xu-yb", "oversight"),
    ("an auditor", {}, {}, "wu-sh", "auditor"),
)  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=[one[0] for one in REFUSED])
def test_a_refusal_is_in_the_log_and_tells_whom_it_was_about(
    province: Province, wang: str, case: tuple[str, dict[str, Any], dict[str, Any], str, str]
) -> None:
    name, changes, body, who, reason = case
    ground = add_ground(province, f"V-{name}", [wang], **changes)
    before = newest(province)
    found = post(province, asked(ground, **body), who)
    assert (found.status_code, found.json()["reason"]["code"]) == (403, reason)
    (refusal,) = entries(province, "refusal", before)
    said = orjson.loads(refusal.body)
    assert (said["reason"], said["dataset"]) == (reason, body.get("dataset", INSURANCE))
    assert not entries(province, "intent", before)
    if "ground" not in body and "subject" not in body:
        assert subjects(province, refusal.seq) == {wang}
    with transaction(province.services.node.database) as session:
        answered = select(VerificationRow).where(VerificationRow.ground == ground)
        assert session.scalars(answered).all() == []


def test_ones_own_ground_and_a_citizen_are_refused(province: Province, wang: str) -> None:
    chen = province.official("chen", "chen-yb").id
    ground = add_ground(province, "V-OWN", [wang], opened_by=chen, countersigned_by="p-two")
    found = post(province, asked(ground))
    assert found.json()["reason"]["code"] == "ground_own"
    headers = JSON | {"Authorization": f"Bearer {province.token('wang')}"}
    question = Question("v", ONE, "", 200, "POST", headers, json.dumps(asked(ground)))
    assert ask(province, question).json()["reason"]["code"] == "purpose"
    assert ask(province, Question("v", ONE, "", 401, "POST", JSON, "{}")).status_code == 401


def test_a_ground_that_is_not_ones_own_looks_like_none(province: Province, wang: str) -> None:
    theirs = add_ground(province, "V-THEIRS", [wang], position="shen-yb")
    told = [post(province, asked(one)).text for one in (theirs, "V-NOWHERE")]
    assert told[0] == told[1]


def test_an_aggregate_grant_refuses_and_one_for_single_cases_does_not(
    province: Province, wang: str
) -> None:
    ground = add_ground(province, "V-GRANT", [wang])
    database = province.services.node.database
    for rules, status in ((["aggregate_only"], 403), (["per_case"], 200), ([], 200)):
        with transaction(database) as session:
            session.get_one(GrantRow, "G-2026-0002").rules = rules
        month = f"2026-0{status % 7 + len(rules) + 1}"
        assert post(province, asked(ground, argument=month)).status_code == status, rules


@pytest.mark.parametrize(
    "body",
    [
        {"subject": 0},
        {"subject": "1"},
        {"subject": 1.5},
        {"subject": 10_001},
        {"where": "1=1"},
        {"argument": 202609},
        {"argument": "x" * 65},
        {"ground": ""},
        {"claim": "a\u202eb"},
        {"ground": "a\nb"},
    ],
    ids=str,
)
def test_a_body_that_is_none_is_no_question(province: Province, body: dict[str, Any]) -> None:
    before = newest(province)
    assert post(province, asked("V-ONE", **body)).status_code == 422
    kinds = ("intent", "read", "refusal")  # an outcome may still follow the answer before
    assert [entries(province, kind, before) for kind in kinds] == [[], [], []]


def test_nothing_is_found_by_halving(province: Province, wang: str) -> None:
    """Each argument is an entry, and the thirty-seventh is refused; what is answered stays."""
    ground = add_ground(province, "V-HALVING", [wang])
    months = [f"{year}-{month:02}" for year in (2023, 2024, 2025) for month in range(1, 13)]
    assert len(months) == ARGUMENT_LIMIT
    before = newest(province)
    for month in months:
        assert post(province, asked(ground, argument=month)).status_code == 200
    assert len(entries(province, "intent", before)) == ARGUMENT_LIMIT
    refused = post(province, asked(ground, argument="2026-01"))
    assert (refused.status_code, refused.json()["reason"]["code"]) == (403, "claim_limit")
    assert post(province, asked(ground, argument="2023-05")).json()["repeated"]


def test_two_calls_of_one_moment_have_one_answer(province: Province, wang: str) -> None:
    ground = add_ground(province, "V-TWO", [wang])
    chen = province.official("chen", "chen-yb")
    question = ClaimAsked(ground, INSURANCE, CLAIM, 1, "2026-08")

    def once(_: int) -> Any:
        return verify(province.services.gateway, chen, question).answers

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(once, range(24)))
    assert len(answers) == 1
    with transaction(province.services.node.database) as session:
        kept = session.scalars(select(VerificationRow).where(VerificationRow.ground == ground))
        assert len(kept.all()) == 1


def test_the_person_sees_what_was_verified_and_nobody_the_answer(
    province: Province, wang: str
) -> None:
    ground = add_ground(province, "V-SEEN", [wang])
    seq = post(province, asked(ground)).json()["audit_entry"]
    use = next(u for u in list_uses(province.services.gateway, wang) if u.seq == seq)
    assert (use.claim, use.organisation, use.case_number) == (CLAIM, YB, ground)
    assert (use.refused, use.fields) == (None, ())
    listed = ask(province, Question("get_my_uses", "/api/v1/me/uses?limit=200", "wang")).json()
    (mine,) = (one for one in listed["uses"] if one["seq"] == seq)
    assert mine["claim"] == CLAIM
    for entry in entries(province, "intent") + entries(province, "outcome"):
        said = entry.body.decode()
        assert not any(word in said for word in ("match", "no_record", "2026-09"))


def test_no_value_of_a_record_is_in_an_answer_or_the_log(province: Province, wang: str) -> None:
    """What the file says of wang, but for the county, which is in many an entry."""
    ground = add_ground(province, "V-CANARY", [wang])
    folder = province.services.node.settings.data_dir / "intake"
    text = (folder / "rs_社会保险缴费.csv").read_text(encoding="gb18030")
    lines = [line.split(",") for line in text.splitlines() if line.startswith(WANG)]
    canaries = {value for line in lines for i, value in enumerate(line) if i in {0, 2, 3, 6, 7, 8}}
    assert len(lines) == 6 and len(canaries) > 4
    canaries |= {wang, "arrears", "pension"}
    before = newest(province)
    answers = [post(province, asked(ground, argument=month)) for month in (*MONTHS, "2027-01")]
    given = [f"{one.text}{one.headers!r}" for one in answers]
    given += [one.body.decode() for kind in ("intent", "outcome", "read", "refusal")
              for one in entries(province, kind, before)]  # fmt: skip
    for one in given:
        assert [canary for canary in canaries if canary in one] == []


def test_an_answer_stays_after_the_data_has_changed(province: Province, wang: str) -> None:
    ground = add_ground(province, "V-STAYS", [wang])
    first = post(province, asked(ground, argument="2026-10")).json()
    services = province.services
    contract = services.catalogue.contracts.get(INSURANCE)
    path = services.node.settings.data_dir / "intake" / "rs_社会保险缴费.csv"
    text = path.read_text(encoding="gb18030")
    kept = [line for line in text.splitlines() if not line.startswith(WANG)]
    changed = path.with_name("changed.csv")
    changed.write_text("\n".join(kept) + "\n", encoding="gb18030")
    load_file(services.node, contract, changed)
    again = post(province, asked(ground, argument="2026-10")).json()
    other = post(province, asked(ground, argument="2026-09")).json()
    load_file(services.node, contract, path)  # as it was, for the other tests
    assert (first["answer"], again["answer"], other["answer"]) == ("match", "match", "no_record")
    assert again["snapshot"] == first["snapshot"] != other["snapshot"]
    assert again["cited"] == first["cited"]


@pytest.fixture(scope="module")
def lines(province: Province) -> list[InsuredMonth]:
    return right_lines(province)


def expected(lines: list[InsuredMonth], document: str, month: str) -> str:
    mine = [one for one in lines if (one.document, one.month) == (document, month)]
    if not mine:
        return "no_record"
    return "match" if any(one.state in {"paid", "exempt"} for one in mine) else "no_match"


def test_every_subject_and_month_is_answered_as_the_file_says(
    province: Province, lines: list[InsuredMonth]
) -> None:
    """Seven months of everybody in the file, each as a list; the file is read a second way."""
    documents = sorted({one.document for one in lines})
    assert len(documents) > 500
    keyring = province.services.node.keyring
    keys = [keyring.pseudonym(kind_of(one), one) for one in documents]
    sun = province.official("sun", "sun-rs")
    by_month = {month: {one.document: one for one in lines if one.month == month}
                for month in MONTHS}  # fmt: skip
    with without_rules(province) as gateway:
        for number, month in enumerate(MONTHS):
            ground = batch(province, f"V-ALL-{number}", keys)
            done = verify(gateway, sun, ClaimAsked(ground, INSURANCE, CLAIM, None, month))
            told = {documents[one.subject - 1]: one.answer for one in done.answers}
            wanted = {
                d: expected([by_month[month][d]] if d in by_month[month] else [], d, month)
                for d in documents
            }
            wrong = {d: (told[d], wanted[d]) for d in documents if told[d] != wanted[d]}
            assert wrong == {}
            matches = sum(answer == "match" for answer in wanted.values())
            assert done.match_share == pytest.approx(matches / len(documents))
    assert set(wanted.values()) == {"no_record"}  # November is not there yet


def test_one_by_one_is_the_same(province: Province, lines: list[InsuredMonth]) -> None:
    documents = sorted({one.document for one in lines if one.state != "paid"})[:20]
    keyring = province.services.node.keyring
    ground = add_ground(
        province, "V-SINGLE", [keyring.pseudonym(kind_of(one), one) for one in documents]
    )
    seen = set()
    for number, document in enumerate(documents, 1):
        for month in MONTHS[2:5]:
            body = asked(ground, subject=number, argument=month)
            answer = post(province, body).json()["answer"]
            assert answer == expected(lines, document, month)
            seen.add(answer)
    assert {"match", "no_match"} <= seen


def test_what_may_not_be_seen_is_answered_like_what_is_not_there(
    province: Province, wang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wang's records lie outside of what this decision shows; the other has none. Both come from
    one text of SQL, and the answers differ in nothing."""
    chen = province.official("chen", "chen-yb")
    ground = add_ground(province, "V-OUTSIDE", [wang, "s1_" + "3" * 32])
    texts = []
    with without_rules(province) as gateway:
        decide, fetch = gateway.decider.decide_verification, gateway.engine.fetch

        def confined(*asked: Any) -> Any:
            allow = decide(*asked)
            assert isinstance(allow, Allow)
            return replace(allow, rows=(*allow.rows, RowFilter("county_code", ("339999",))))

        def noted(statement: Statement) -> Any:
            texts.append(statement.sql)
            return fetch(statement)

        question = ClaimAsked(ground, INSURANCE, CLAIM, 1, "2026-09")
        assert [one.answer for one in verify(gateway, chen, question).answers] == ["match"]
        monkeypatch.setattr(gateway.decider, "decide_verification", confined)
        monkeypatch.setattr(gateway.engine, "fetch", noted)
        told = [
            verify(gateway, chen, replace(question, subject=number, argument="2026-08")).answers[0]
            for number in (1, 2)
        ]
    assert [one.answer for one in told] == ["no_record", "no_record"]
    assert len(texts) == 2 and texts[0] == texts[1]
    assert told[0].basis.snapshot_id == told[1].basis.snapshot_id


def test_the_page_says_what_was_verified(province: Province, wang: str) -> None:
    ground = add_ground(province, "V-PAGE", [wang])
    seq = post(province, asked(ground)).json()["audit_entry"]
    page = send(province, Call("GET", "/my/uses", "", "wang"), "right").text
    card = page[page.index(f'id="{seq}"') :].partition("</article>")[0]
    assert "核验了（未提供记录）" in card
    assert "该月正常参保（已缴费或缓缴）" in card
    assert ground in card
    assert "一致" not in card and "match" not in card


def refused(gateway: Any, who: Any, question: ClaimAsked) -> str:
    with pytest.raises(Refused) as reason:
        verify(gateway, who, question)
    return reason.value.reason.code


def test_a_list_is_asked_once_a_day_and_by_its_own_rules(province: Province) -> None:
    made = [f"s1_{number:032x}" for number in range(120)]
    sun = province.official("sun", "sun-rs")

    def question(ground: str) -> ClaimAsked:
        return ClaimAsked(ground, INSURANCE, CLAIM, None, "2026-07")

    with without_rules(province) as gateway:
        done = verify(gateway, sun, question(batch(province, "V-L1", made)))
        assert {one.answer for one in done.answers} == {"no_record"}
        assert done.match_share == 0.0
        assert subjects(province, done.audit_entry) == set(made)
        assert refused(gateway, sun, question("V-L1")) == "list_today"
        equal = verify(gateway, sun, question(batch(province, "V-L2", reversed(made))))
        assert len(equal.answers) == 120
        for few in (1, 9):
            ground = batch(province, f"V-L-{few}", made[few:])
            assert refused(gateway, sun, question(ground)) == "list_difference"
        swapped = batch(province, "V-L-swap", [*made[4:], *(f"s1_f{n:031x}" for n in range(5))])
        assert refused(gateway, sun, question(swapped)) == "list_difference"
        ten = verify(gateway, sun, question(batch(province, "V-L-10", made[10:])))
        assert len(ten.answers) == 110
        small = verify(gateway, sun, question(batch(province, "V-L-99", made[21:])))
        assert (len(small.answers), small.match_share) == (99, None)
        case = batch(province, "V-L-case", made, kind="service_case")
        assert refused(gateway, sun, question(case)) == "list_ground"
        unsigned = batch(province, "V-L-unsigned", made, countersigned_by=None)
        assert refused(gateway, sun, question(unsigned)) == "ground_unconfirmed"
        many = batch(province, "V-L-many", (f"s1_e{n:031x}" for n in range(10_001)))
        assert refused(gateway, sun, question(many)) == "list_size"


def test_a_list_over_http_is_bound_by_the_provider_s_condition(
    province: Province, wang: str
) -> None:
    body = {"dataset": INSURANCE, "claim": CLAIM, "argument": "2026-09"}
    two = batch(province, "V-H-two", [wang, "s1_" + "1" * 32])
    found = post(province, body | {"ground": two}, "sun-rs")
    assert found.json()["reason"]["code"] == "one_subject"
    one = batch(province, "V-H-one", [wang])
    found = post(province, body | {"ground": one}, "sun-rs")
    assert found.status_code == 200
    said = found.json()
    assert [(a["subject"], a["answer"]) for a in said["answers"]] == [(1, "match")]
    assert said["match_share"] is None


def test_a_number_that_stands_for_somebody_else_now_repeats_nothing(
    province: Province, wang: str
) -> None:
    ground = add_ground(province, "V-NUMBER", [wang])
    assert post(province, asked(ground)).status_code == 200
    with transaction(province.services.node.database) as session:
        session.get_one(GroundSubjectRow, (ground, 1)).key = "s1_" + "2" * 32
    assert post(province, asked(ground)).status_code == 409
