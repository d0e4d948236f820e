"""我的证照: what I have, each with its state; what nobody else has; each look in the log."""

from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select

from tests import casing
from tests.asking import acted_province
from tests.province import Province
from tests.test_platform.credentials.test_register import a_matter
from tests.test_portals.official.test_request import get, words
from xihu_platform.audit.models import AuditEntry
from xihu_platform.clock import civil_date
from xihu_platform.credentials.document import Line
from xihu_platform.credentials.register import (
    Credential,
    CredentialFacts,
    StateChange,
    change_state,
    find_credential,
    issue,
)
from xihu_platform.database import transaction
from xihu_platform.words import Text
from xihu_portals.citizen.licences import fill
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame

__all__ = ["acted_province"]  # a fixture
PATH = "/my/licences"
FIRM = "91339900202600012U"
ISSUER = "11330000MB00000001"


def licence(province: Province) -> Credential:
    """One of wang's, granted by a case."""
    token = casing.licensed(province)
    with transaction(province.services.node.database) as session:
        return find_credential(session, token)


def issued(
    province: Province,
    holder: str,
    number: str,
    name: str = "某某",
    kind: str = "food_licence",
) -> Credential:
    services = province.services
    now = services.node.clock()
    with transaction(services.node.database) as session:
        facts = CredentialFacts(
            kind=kind,
            title=Text("食品经营许可证", "Food business licence"),
            number=number,
            issuer=ISSUER,
            issuer_name=Text("示例局", "Sample bureau"),
            holder=holder,
            holder_name=name,
            matter=a_matter(session),
            valid_until=civil_date(now) + timedelta(days=365),
            lines=(Line(Text("经营项目", "Scope"), "预包装食品销售"),),
        )
        return issue(session, services.matters.texts, facts, now)


def changed(province: Province, one: Credential, state: str) -> None:
    services = province.services
    now = services.node.clock()
    change = StateChange(state, civil_date(now), "sub", None, "理由")  # type: ignore[arg-type]
    with transaction(services.node.database) as session:
        change_state(session, services.matters.texts, one.id, change, now)


def logged(province: Province) -> list[dict[str, object]]:
    query = select(AuditEntry.body).where(AuditEntry.kind == "credential").order_by(AuditEntry.seq)
    with transaction(province.services.node.database) as session:
        return [orjson.loads(one) for one in session.scalars(query)]


def test_the_list_says_kind_number_issuer_state_and_leads_to_each(province: Province) -> None:
    one = licence(province)
    page = get(province, "wang", PATH)
    said = words(page)
    for word in ("老年优待证（电子证照）", one.number, "有效 自 2026年11月23日 起", "长期"):
        assert word in said
    assert f'href="{PATH}/{one.id}"' in page.text
    assert 'href="/my/licences"' in get(province, "wang", "/my/matters").text  # of the header
    english = words(get(province, "wang", PATH, "en"))
    assert "Which licences do I have?" in english and "valid since 23 Nov 2026" in english
    assert "Valid until without an end" in english


def test_a_state_that_changed_is_said_with_its_day(province: Province) -> None:
    one = licence(province)
    changed(province, one, "suspended")
    line = get(province, "wang", PATH).text.partition(f'href="{PATH}/{one.id}"')[2]
    assert "暂扣" in line.partition("</li>")[0]


def test_the_list_is_in_the_log_as_the_holders_own(province: Province) -> None:
    licence(province)
    before = len(logged(province))
    get(province, "wang", PATH)
    (entry,) = logged(province)[before:]
    assert (entry["did"], entry["principal"]) == ("list", province.citizen("wang").id)
    assert isinstance(entry["rows"], int) and entry["rows"] > 0


def test_nobody_has_anothers_and_is_told_how_one_comes_to_have_one(province: Province) -> None:
    one = licence(province)
    page = get(province, "zhou", PATH)
    assert one.number not in page.text
    assert "这里还没有证照" in words(page) and "批准之后，电子证照自动出现在这里" in words(page)
    assert "There is no licence here yet" in words(get(province, "zhou", PATH, "en"))


def test_one_who_is_not_proven_is_told_the_way(province: Province) -> None:
    answer = get(province, "li", PATH)
    assert answer.status_code == 200 and "先要确认是您本人" in words(answer)


@pytest.mark.parametrize("firm", [True, False])
def test_a_firms_licences_are_seen_by_whoever_acts_for_it_and_only_then(
    province: Province, *, firm: bool
) -> None:
    one = issued(province, FIRM, f"SP-2026-88800{firm:d}")
    who = province.citizen("zhao", firm=firm)
    frame = PageFrame("citizen", province.services.node.clock())
    found = fill(Visitor(province.services, who, frame))
    assert (one.number in {shown.number for shown in found.licences}) == firm
    assert (found.mandate is not None) == firm
