"""The auditor's page: filters against the raw log, no person in it, looks that are entries."""

import asyncio
import csv
import io
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import select, update

from tests.province import NOW, Province, make_province
from tests.test_portals.api.callers import Call, send, session_of
from tests.test_portals.pages.rendered import visitor
from tests.test_upgrade.opened import check_log
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.audit.checks import begin_check, list_checks
from xihu_platform.audit.models import AuditEntry, AuditSubject
from xihu_platform.audit.verify import LogCheck
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict, Refused
from xihu_platform.words import Text
from xihu_portals.official.audit import AuditAsked, fill

AUDITOR = "wu"
INSURANCE = "rs_social_insurance"
PATHS = (
    "/official/audit?kind=refusal",
    "/official/audit/head.jsonl",
    "/official/audit/readers",
    "/official/audit/entries.csv",
    "/official/audit/entries/0/proof",
)
OTHERS = ("sun", "zhou", "chen", "luo", "gao", "xu", "he")


def raw(province: Province) -> list[dict[str, object]]:
    """Every entry's own bytes, newest first."""
    with transaction(province.services.node.database) as session:
        bodies = session.scalars(select(AuditEntry.body).order_by(AuditEntry.seq.desc()))
        return [json.loads(body) for body in bodies]


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """A log of its own: reads of every kind, and one that is refused."""
    for made in make_province(tmp_path_factory.mktemp("audited")):
        gateway = made.services.gateway
        case = Purpose("case", "XH-2026-000124", "复核")
        for _ in range(3):
            gateway.read_page(
                made.official("sun", "sun-rs"), "rs_social_insurance", case, RowQuery()
            )
        gateway.read_page(made.citizen("wang"), "rs_social_insurance", Purpose("own"), RowQuery())
        gateway.read_page(made.anonymous, "fg_penalties", Purpose("open"), RowQuery())
        for who in ("chen", "tang"):
            with pytest.raises(Refused):
                gateway.read_page(made.official(who), "ga_residents", Purpose("duty"), RowQuery())
        yield made


def get(province: Province, path: str, who: str = AUDITOR) -> httpx.Response:
    return send(province, Call("GET", path, "", who), "right")


@pytest.mark.parametrize(
    ("asked", "meets"),
    [
        (AuditAsked(), lambda e: True),
        (AuditAsked(kind="refusal"), lambda e: e["kind"] == "refusal"),
        (
            AuditAsked(dataset="rs_social_insurance"),
            lambda e: e["dataset"] == "rs_social_insurance",
        ),
        (AuditAsked(purpose="own"), lambda e: e.get("purpose") == "own"),
        (AuditAsked(reason="per_case"), lambda e: e.get("reason") == "per_case"),
        (
            AuditAsked(organisation="11339900100102741M", purpose="case"),
            lambda e: e["organisation"] == "11339900100102741M" and e.get("purpose") == "case",
        ),
        (AuditAsked(since="2026-11-23", until="2026-11-23"), lambda e: True),
        (AuditAsked(until="2026-11-22"), lambda e: False),
        (AuditAsked(since="2026-11-24"), lambda e: False),
        (AuditAsked(entry="3"), lambda e: e["seq"] == 3),
        (AuditAsked(entry="9999999999999999999"), lambda e: False),
        (AuditAsked(entry="0", kind="refusal"), lambda e: e["seq"] == 0),
    ],
)
def test_filters_find_what_the_raw_log_holds(province: Province, asked: AuditAsked, meets) -> None:  # type: ignore[no-untyped-def]
    view = fill(visitor(province, province.official(AUDITOR), official=True), asked)
    expected = [e["seq"] for e in raw(province) if meets(e)][:50]
    assert [line.seq for line in view.lines] == expected


def test_pages_follow_one_another_while_the_log_grows(province: Province) -> None:
    here = visitor(province, province.official(AUDITOR), official=True)
    for _ in range(60):
        fill(here, AuditAsked(kind="look"))
    first = fill(here, AuditAsked(kind="look"))
    looks = [e["seq"] for e in raw(province) if e["kind"] == "look"]
    assert first.pager.next_href is not None
    last = first.lines[-1].seq
    second = fill(here, AuditAsked(kind="look", before=last))
    seen = [line.seq for line in (*first.lines, *second.lines)]
    assert len(seen) > 60, "two pages"
    assert seen == looks[: len(seen)], "the look between them is on neither"


def test_each_look_is_an_entry_before_the_page_leaves(province: Province) -> None:
    for path in (
        "/official/audit?kind=refusal",
        "/official/audit/entries.csv",
        "/official/audit/readers",
        "/official/audit/entries/0/proof",
        "/official/audit/head.jsonl",
        "/api/v1/audit/head",
        "/api/v1/audit/entries/0/proof",
    ):
        before = len(raw(province))
        assert get(province, path).status_code == 200
        newest = raw(province)[0]
        assert len(raw(province)) == before + 1
        assert (newest["kind"], newest["position"]) == ("look", "wu-sh")
    assert check_log(province).holds


def test_no_other_office_sees_it_and_each_attempt_is_recorded(province: Province) -> None:
    for who in OTHERS:
        for path in (
            "/official/audit",
            "/official/audit/readers",
            "/official/audit/entries.csv",
            "/official/audit/entries/1/proof",
        ):
            before = len(raw(province))
            assert get(province, path, who).status_code == 403, (who, path)
            assert raw(province)[0]["kind"] == "refusal"
            assert len(raw(province)) == before + 1


def test_no_person_and_no_pseudonym_is_in_any_of_it(province: Province) -> None:
    with transaction(province.services.node.database) as session:
        subjects = {s for s in session.scalars(select(AuditSubject.subject).distinct()) if s}
    assert subjects
    canaries = subjects | {"p-citizen3", "p-steward", "p-auditor", "339999198804120289", "孙晓岚"}
    for path in ("/official/audit", "/official/audit/readers", "/official/audit/entries.csv"):
        page = get(province, path).text.partition("<main")[2] or get(province, path).text
        assert not [one for one in canaries if one in page], path


def test_the_export_holds_every_entry_and_runs_in_no_spreadsheet(province: Province) -> None:
    answer = get(province, "/official/audit/entries.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    entries = raw(province)
    assert [int(row["编号"]) for row in rows] == [e["seq"] for e in entries]
    kinds = Counter(row["种类"] for row in rows)
    assert kinds["拒绝"] == sum(e["kind"] == "refusal" for e in entries)


def verify_now(province: Province, head: str = "") -> int:
    path = "/official/audit/verify"
    cookie, token = session_of(province, "right", Call("POST", path, "", AUDITOR))
    name = province.services.identity.clients["official"].portal.cookie

    async def post() -> int:
        async with province.client() as client:
            answer = await client.post(
                path, data={"csrf": token, "head": head}, headers={"Cookie": f"{name}={cookie}"}
            )
            return answer.status_code

    return asyncio.run(post())


def change_purpose(province: Province, purpose: str | None) -> str | None:
    """As somebody with the database in their hands would; gives what it was."""
    changed = AuditEntry.seq == 2
    with transaction(province.services.node.database) as session:
        was = session.scalar(select(AuditEntry.purpose).where(changed))
        session.execute(update(AuditEntry).where(changed).values(purpose=purpose))
        return was


def newest_check(province: Province) -> tuple[bool | None, str]:
    for _ in range(200):
        one = list_checks(province.services.node.database, province.services.node.clock())[0]
        if one.ended_at is not None:
            return one.holds, one.text.zh
        time.sleep(0.05)
    raise AssertionError("the verification did not end")


def test_verify_now_says_that_it_holds_and_finds_what_was_changed(province: Province) -> None:
    assert verify_now(province) == 303
    assert newest_check(province)[0] is True
    was = change_purpose(province, "open")
    assert verify_now(province) == 303
    holds, words = newest_check(province)
    change_purpose(province, was)
    assert holds is False
    assert "第 2 条" in words
    assert words in get(province, "/official/audit").text


def test_a_head_that_was_kept_elsewhere_tells_of_a_log_that_was_written_anew(
    province: Province,
) -> None:
    kept = get(province, "/official/audit/head.jsonl").text
    assert json.loads(kept)["size"] > 0
    assert verify_now(province, f"  {kept}") == 303
    assert newest_check(province)[0] is True
    forged = json.loads(kept) | {"root": "00" * 32}
    assert verify_now(province, json.dumps(forged)) == 303
    holds, words = newest_check(province)
    assert (holds, "签名头不是本平台的密钥签署的" in words) == (False, True)
    before = len(list_checks(province.services.node.database, NOW))
    huge = json.dumps(json.loads(kept) | {"size": 2**70})
    for odd in ("no head", huge, '{"size": 1e999}', "[" * 1900, json.dumps({"size": -1})):
        assert verify_now(province, odd) == 422, odd[:40]
    assert len(list_checks(province.services.node.database, NOW)) == before


def test_of_two_verifications_one_gives_way_and_one_that_fell_silent_blocks_nobody(
    province: Province,
) -> None:
    database = province.services.node.database
    late = threading.Event()

    def check(tell: Callable[[int], None]) -> LogCheck:
        tell(1)
        late.wait(20)
        return LogCheck(True, 1, Text("好", "well"))

    def begin(at: datetime) -> threading.Thread:
        return begin_check(database, lambda: at, position="wu-sh", entries=9, check=check)

    first = begin(NOW)
    with pytest.raises(Conflict):
        begin(NOW)
    assert list_checks(database, NOW)[0].ended_at is None
    silent = list_checks(database, NOW + timedelta(hours=1))[0]
    assert (silent.ended_at, silent.holds) == (NOW, False)
    assert "没有做完" in silent.text.zh
    second = begin(NOW + timedelta(hours=1))
    late.set()
    for one in (first, second):
        one.join()
    assert [one.holds for one in list_checks(database, NOW)[:2]] == [True, True]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("until=9999-12-31", "until"),
        ("since=0001-01-01", "since"),
        ("since=２０２６-11-01", "since"),
        ("since=2026-11-27&until=2026-11-01", "早于"),
        ("kind=zzz", "kind"),
        ("organisation=nope", "organisation"),
        ("purpose=nope", "purpose"),
        ("reason=%3Cb%3E", "reason"),
        ("entry=x", "entry"),
    ],
)
def test_a_filter_that_is_wrong_is_told_and_narrows_nothing(
    province: Province, query: str, said: str
) -> None:
    page = get(province, f"/official/audit?{query}")
    assert page.status_code == 200
    fault = page.text.partition('role="alert"')[2].partition("</p>")[0]
    assert said in fault
    assert page.text.count('id="entry-') > 5, "all of them are shown"
    assert get(province, f"/official/audit/entries.csv?{query}").status_code == 422


@pytest.mark.parametrize("month", ["9999-12", "0001-01", "2026-13", "x"])
def test_a_month_that_is_none_is_told(province: Province, month: str) -> None:
    page = get(province, f"/official/audit/readers?month={month}")
    assert page.status_code == 200
    assert 'role="alert"' in page.text


def test_a_name_in_an_address_adds_no_parameter(province: Province) -> None:
    page = get(province, "/official/audit/readers?dataset=%26x%3D1%23").text
    assert "&amp;x=1" not in page
    assert "dataset=%26x%3D1%23" in page
