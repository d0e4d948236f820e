"""What an entry says to those who assess, sign and review it, and who will see more."""

from sqlalchemy import update

from tests.contracts import document, field
from tests.entries import take_over_all
from tests.province import NOW
from tests.test_catalog.sharing.test_entries import (
    ASSESSED,
    ID,
    LINE,
    NAME,
    act,
    contract,
    drawn_up,
    handed_in,
    published,
    services,
)
from tests.test_catalog.sharing.test_requests import HEALTH, official
from xihu_catalog.contracts.entries import CatalogueEntryRow, find_entry
from xihu_platform.database import transaction
from xihu_portals.pages.entry_content import EntryChange, EntryContent, entry_content
from xihu_portals.pages.visitor import Visitor
from xihu_portals.services import Services
from xihu_portals.web.frame import PageFrame

__all__ = ["services"]  # a fixture


def content(services: Services, who: str) -> EntryContent | None:
    person = official(services.node, who)
    row = find_entry(services.node.database, NAME)
    assert row is not None and row.matter is not None
    view = services.matters.read(person, row.matter)
    return entry_content(Visitor(services, person, PageFrame("official", NOW)), view)


def changes(services: Services, who: str) -> tuple[EntryChange, ...]:
    found = content(services, who)
    assert found is not None and found.changes is not None
    return found.changes


def graded(grade: str, share: str = "conditional") -> bytes:
    fields = [ID, field("person", grade=grade, identifier="person_name"), field("note", grade="L2")]
    more = {"openClass": "unconditional", "shareConditions": "仅限核对"}
    return document(NAME, fields, provider=HEALTH, share=share, more=more)


def test_what_is_assessed_signed_and_reviewed_is_shown(services: Services) -> None:
    services.catalogue.contracts.publish(graded("L3"))
    drawn_up(services)
    told = content(services, "tang-yb")
    assert told is not None and told.changes is None
    assert (told.share.zh, told.opening.zh) == ("有条件共享", "无条件开放")
    assert told.article.zh == "《政务数据共享条例》第十四条、第二十条"
    assert told.basis is not None and told.basis.zh == "仅限核对"
    assert [(f.title.zh, f.name, f.type.zh, f.grade, f.stored.zh) for f in told.fields] == [
        ("字段id", "id", "文本", "L1", "原样"),
        ("字段person", "person", "文本", "L3", "原样"),
        ("字段note", "note", "文本", "L2", "原样"),
    ]
    assert [f.seen.zh for f in told.fields] == [
        "所有人，无需登录",
        "获准使用的其他部门（部分隐去，凭业务事由原样）",
        "获准使用的其他部门（原样）",
    ]
    act(services, "tang-yb", "assess", **ASSESSED)
    act(services, "xu-yb", "sign")
    assert content(services, "luo-sj") == told


def test_a_change_says_in_the_words_of_its_fields_who_will_see_more(services: Services) -> None:
    services.catalogue.contracts.publish(graded("L3"))
    published(services)
    services.catalogue.contracts.publish(graded("L2", "unconditional"))
    for who in ("tang-yb", "xu-yb"):
        told = {one.text.zh: one.opens and one.opens.zh for one in changes(services, who)}
        assert told == {
            "字段person：敏感级别 L3 → L2": "生效后可见：登记使用后的其他部门（原样）"
            "（现在：获准使用的其他部门（部分隐去，凭业务事由原样））",
            "共享类型 有条件共享 → 无条件共享": "字段person：生效后可见：登记使用后的其他部门"
            "（原样）（现在：获准使用的其他部门（部分隐去，凭业务事由原样））；字段note：生效后可见："
            "登记使用后的其他部门（原样）（现在：获准使用的其他部门（原样））",
        }


def test_a_new_field_says_its_grade_and_who_will_see_it(services: Services) -> None:
    published(services)
    services.catalogue.contracts.publish(contract(LINE))
    (one,) = changes(services, "luo-sj")
    assert one.text.zh == "字段line：新字段 字段line，VARCHAR，敏感级别 L1"
    assert one.opens is not None and one.opens.zh == "生效后可见：所有人，无需登录"


def test_what_waits_of_one_taken_over_is_not_told_before_it_is_handed_in(
    services: Services,
) -> None:
    take_over_all(services.node.database)
    drawn_up(services)
    services.catalogue.contracts.publish(contract(LINE))
    act(services, "tang-yb", "propose_change", reason="职责调整")
    theirs = content(services, "luo-sj")
    assert theirs is not None and theirs.changes is None and len(theirs.fields) == 1
    assert len(changes(services, "xu-yb")) == 1
    handed_in(services)
    assert len(changes(services, "luo-sj")) == 1


def test_a_matter_that_its_entry_has_left_shows_nothing(services: Services) -> None:
    published(services)
    person = official(services.node, "tang-yb")
    row = find_entry(services.node.database, NAME)
    assert row is not None and row.matter is not None
    view = services.matters.read(person, row.matter)
    with transaction(services.node.database) as session:
        entry = CatalogueEntryRow
        session.execute(update(entry).where(entry.dataset == NAME).values(matter=None))
    visitor = Visitor(services, person, PageFrame("official", NOW))
    assert entry_content(visitor, view) is None
