"""The catalogue report over HTTP: who may have it, what is in it, that it is logged."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import orjson
import pytest
from sqlalchemy import update

from tests.province import Province, make_province
from tests.test_portals.api.callers import Call, send
from xihu_catalog.contracts.entries import CatalogueEntryRow
from xihu_catalog.datasets.stored import put_entry, remove_entry
from xihu_catalog.reports.check import check_chain, check_report
from xihu_platform.access.office_reasons import REPORT_READERS
from xihu_platform.access.offices import report_refusal
from xihu_platform.access.reasons import SIGN_IN
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.identity.principal import ANONYMOUS, Position, Principal

PATH = "/api/v1/catalogue-report"
WITHDRAWN = "fg_penalties"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """A province of its own with two stored entries."""
    for province in make_province(tmp_path_factory.mktemp("reporting")):
        for name in ("hz-1", "hz-2"):
            put(province, name)
        yield province


def put(province: Province, name: str) -> None:
    services = province.services
    facts = replace(services.entries.get("hb_air_quality_hourly"), id=name)
    with transaction(services.node.database) as session:
        put_entry(session, "hz", facts, services.node.clock())


def ask(province: Province, who: str = "luo", query: str = "") -> httpx.Response:
    return send(province, Call("GET", PATH + query, "", who), "right")


def lines(answer: httpx.Response) -> list[bytes]:
    assert answer.status_code == 200, answer.text
    return answer.content.splitlines(keepends=True)


def said(answer: httpx.Response) -> list[dict[str, object]]:
    return [orjson.loads(one) for one in lines(answer)[1:-1]]


@pytest.mark.parametrize(
    ("who", "status"),
    [("luo", 200), ("zhou", 200), ("sun", 403), ("wu", 403), ("gao", 403), ("chen", 403)],
)
def test_the_authority_and_chief_data_officers_may(own: Province, who: str, status: int) -> None:
    assert ask(own, who).status_code == status


def test_a_system_may_where_the_node_names_it(own: Province) -> None:
    now = own.services.node.clock()
    position = Position("system:superior", "甲", "A", "1" * 18, "甲", "A", "330000")
    system = Principal(kind="system", id="superior", position=position)
    assert report_refusal(system, ("superior",), now) is None
    assert report_refusal(system, (), now) is REPORT_READERS
    assert report_refusal(system, ("other",), now) is REPORT_READERS
    assert report_refusal(ANONYMOUS, ("anonymous",), now) is SIGN_IN


@pytest.mark.anyio
async def test_the_department_s_own_system_may_not(own: Province) -> None:
    async with own.client(own.system_token("dept-yb")) as client:
        assert (await client.get(PATH)).status_code == 403


def test_it_has_every_published_entry_and_is_right(own: Province) -> None:
    answer = ask(own)
    checked = check_report(lines(answer), own.services.signer.public_key)
    known = own.services.known_to(ANONYMOUS).catalogue.contracts.all()
    assert sorted(str(one["id"]) for one in said(answer)) == sorted({*known, "hz-1", "hz-2"})
    assert checked.entries == len(known) + 2
    assert checked.region == "330000"


def test_what_a_department_keeps_to_itself_is_not_in_it(own: Province) -> None:
    text = ask(own).text
    contracts = own.services.catalogue.contracts.all().values()
    assert not [one.source.path for one in contracts if one.source.path and one.source.path in text]
    for word in ("sourceColumn", "源列名", "其他属性", "保护方式"):
        assert word not in text


def test_changes_follow_on_the_report_before(own: Province) -> None:
    first = check_report(lines(ask(own)), own.services.signer.public_key)
    put(own, "hz-3")
    with transaction(own.services.node.database) as session:
        remove_entry(session, "hz-3", own.services.node.clock())
        row = CatalogueEntryRow
        session.execute(update(row).where(row.dataset == WITHDRAWN).values(state="withdrawn"))
    answer = ask(own, query=f"?since={first.marker}")
    assert [(one["id"], one.get("removed")) for one in said(answer)] == [
        (WITHDRAWN, True),
        ("hz-3", True),
    ]
    second = check_report(lines(answer), own.services.signer.public_key)
    check_chain(first, second)
    with transaction(own.services.node.database) as session:
        session.execute(update(row).where(row.dataset == WITHDRAWN).values(state="published"))
    again = ask(own, query=f"?since={second.marker}")
    assert [one["id"] for one in said(again)] == [WITHDRAWN]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?since=1.9.9.0123456789abcdef", 409),
        ("?since=yesterday", 422),
        ("?since=1.1.1.1", 422),
        ("?until=1.1.1", 422),
    ],
)
def test_a_wrong_question_is_answered_as_such(own: Province, query: str, status: int) -> None:
    assert ask(own, query=query).status_code == status


def test_each_report_is_in_the_log(own: Province) -> None:
    before = _looks(own)
    ask(own)
    assert _looks(own) == before + 1


def _looks(province: Province) -> int:
    with transaction(province.services.node.database) as session:
        bodies = [one.body for one in session.query(AuditEntry).filter_by(kind="look")]
    return sum(b"catalogue_report" in body for body in bodies)
