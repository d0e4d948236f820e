"""A ground opened by hand: who may, what it opens, and who sees it."""

from datetime import timedelta
from typing import get_args

import pytest
from sqlalchemy import select

from tests import asking
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_request import do, get, hidden, post, words
from xihu_catalog.registry.grounds import load_grounds
from xihu_catalog.sharing.grounds import GROUND
from xihu_catalog.standards.documents import citizen_check
from xihu_platform.access.grounds import GroundKind, GroundRow, GroundSubjectRow
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Refused
from xihu_platform.matters.command import Command
from xihu_platform.matters.models import MatterEventRow, MatterTextRow
from xihu_platform.notices.unread import read_notices
from xihu_portals.pages.grounds import GROUND_KINDS, STANDINGS

__all__ = ["acted_province"]  # a fixture
NEW = "/official/grounds/new"
MATTERS = "/official/matters"
WANG = "339999198804120289"
TRANSFER = "异地就医备案"
PAPER = "YB-HC-2026-031"


def number_of(place: int) -> str:
    body = f"33999919700101{place:03d}"
    return body + citizen_check(body)


def asked(**changed: str) -> list[tuple[str, str]]:
    said = {
        "ground_kind": "inspection_task",
        "item": "medical_transfer",
        "subjects": WANG,
        "standing": "insured",
        "reader": "chen-yb",
        "reason": "核查跨省备案",
        "evidence": PAPER,
    }
    return [*(said | changed).items()]


def opened(province: Province, who: str = "shen", **changed: str) -> int:
    """The matter of a ground that a handler of the health office has opened for chen."""
    form = hidden(get(province, who, NEW), "open")
    form.pop("csrf")
    answer = post(province, who, NEW, [*form.items(), *asked(**changed)])
    assert answer.status_code == 303, words(answer)[:600]
    return int(answer.headers["location"].partition("?")[0].rpartition("/")[2])


def number(matter: int) -> str:
    return f"GD-{matter:06d}"


def confirm(
    province: Province, matter: int, who: str = "tang", paper: str = PAPER, subjects: str = WANG
) -> int:
    path = f"{MATTERS}/{matter}"
    given = [("evidence", paper), ("subjects", subjects)]
    return do(province, who, path, "countersign", given).status_code


def reads(province: Province, who: str, position: str, ground: str) -> bool:
    principal = province.official(who, position)
    purpose = Purpose("case", ground, "", 1)
    try:
        page = province.services.gateway.read_page(
            principal, "rs_social_insurance", purpose, RowQuery(), limit=5, exit_name="rows"
        )
    except Refused:
        return False
    return bool(page.table.num_rows)


def test_it_opens_for_its_reader_once_a_second_person_has_compared_the_paper(
    province: Province,
) -> None:
    matter = opened(province)
    ground = number(matter)
    everybody = [("shen", "shen-yb"), ("tang", "tang-yb"), ("chen", "chen-yb")]
    assert [reads(province, *one, ground) for one in everybody] == [False, False, False]
    waiting = words(get(province, "tang", MATTERS))
    assert "待复核" in waiting and TRANSFER in waiting
    assert f"业务事由：{TRANSFER}" in get(province, "tang", f"{MATTERS}/{matter}").text
    assert confirm(province, matter) == 303
    assert [reads(province, *one, ground) for one in everybody] == [False, False, True]
    page = f"/official/grounds/{ground}"
    seen = get(province, "chen/chen-yb", page)
    assert seen.status_code == 200 and "对象 1" in words(seen) and WANG not in seen.text
    looked = get(province, "chen/chen-yb", f"{page}?dataset=rs_social_insurance&subject=1")
    assert "条记录" in words(looked) and WANG not in looked.text
    assert get(province, "tang", page).status_code == 404
    closed = do(province, "shen", f"{MATTERS}/{matter}", "close", [("result", "核查完毕")])
    assert closed.status_code == 303
    assert not reads(province, "chen", "chen-yb", ground)


def test_the_reader_is_not_offered_what_a_colleague_has_to_do_and_learns_when_it_is_done(
    province: Province,
) -> None:
    matter = opened(province)
    path, office = f"{MATTERS}/{matter}", province.services.matters

    def offered(who: str) -> bool:
        page = get(province, f"{who}/{who}-yb", path)
        principal = province.official(who, f"{who}-yb")
        rules = {one.name for one in office.allowed(principal, office.read(principal, matter))}
        assert ('id="form-countersign"' in page.text) == ("countersign" in rules)
        return "countersign" in rules

    assert [offered(one) for one in ("shen", "chen", "tang")] == [False, False, True]
    assert not told(province, "chen", matter)
    assert confirm(province, matter) == 303
    assert told(province, "chen", matter)
    assert told(province, "shen", matter)  # who opened it
    assert not told(province, "tang", matter)  # who confirmed it
    adding = [("subjects", number_of(3)), ("standing", "insured"), ("reason", "增加")]
    page = get(province, "chen/chen-yb", path)
    assert 'id="form-add_subjects"' not in page.text and 'id="form-close"' in page.text
    done = do(province, "shen", path, "add_subjects", [*adding, ("evidence", "YB-HC-2026-032")])
    assert done.status_code == 303
    assert [offered(one) for one in ("shen", "chen", "tang")] == [False, False, True]


def told(province: Province, who: str, matter: int) -> bool:
    principal = province.official(who, f"{who}-yb")
    found = read_notices(province.services.matters, principal)
    return (matter, "countersign") in [(one.matter, one.event) for one in found.lines]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"reader": "shen-yb"}, "复核或移交业务事由的人不能自己查阅"),
        ({"reader": "sun-rs"}, "没有可以查阅的岗位"),
        ({"reader": "xu-yb"}, "没有可以查阅的岗位"),
        ({"reader": "system:nobody"}, "没有可以查阅的岗位"),
        ({"item": "social_card"}, "没有登记在本单位名下"),
        ({"item": "nothing"}, "没有登记在本单位名下"),
        ({"subjects": ""}, "对象的证件号码"),
        ({"subjects": f"{WANG}\n339999198804120288"}, "第 2个号码不是证件号码"),
        ({"subjects": "张三"}, "不是编号"),
        ({"subjects": "\n".join(number_of(n) for n in range(21))}, "最多 20 个对象"),
        ({"standing": "boss"}, "不在可选之列"),
        ({"ground_kind": "curiosity"}, "不在可选之列"),
        ({"reason": ""}, "请写明理由"),
        ({"evidence": ""}, "请附上证明材料"),
        ({"evidence": WANG}, "证明材料写文号或编号"),
        ({"evidence": "张三"}, "证明材料写文号或编号"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_opened(
    province: Province, changed: dict[str, str], said: str
) -> None:
    form = hidden(get(province, "shen", NEW), "open")
    form.pop("csrf")
    before = counted(province)
    answer = post(province, "shen", NEW, [*form.items(), *asked(**changed)])
    assert answer.status_code == 422
    assert said.replace(" ", "") in words(answer).replace(" ", "")
    assert "339999198804120288" not in words(answer).partition("对象的证件号码")[0]
    assert counted(province) == before


def counted(province: Province) -> int:
    with transaction(province.services.node.database) as session:
        return len(session.scalars(select(GroundRow.number)).all())


@pytest.mark.parametrize(("who", "paper"), [("shen", PAPER), ("chen", PAPER), ("tang", "OTHER-1")])
def test_neither_who_opened_it_nor_who_reads_confirms_it_nor_without_the_paper(
    province: Province, who: str, paper: str
) -> None:
    matter = opened(province)
    path = f"{MATTERS}/{matter}"
    view = province.services.matters.read(province.official(who, f"{who}-yb"), matter)
    command = Command(
        "countersign", asking.key(), view.version, {"subjects": [WANG]}, evidence=paper
    )
    with pytest.raises(BadInput):
        province.services.matters.act(province.official(who, f"{who}-yb"), matter, command)
    if who == "tang":  # to the others the page shows no such form
        given = [("evidence", paper), ("subjects", WANG)]
        answer = do(province, f"{who}/{who}-yb", path, "countersign", given)
        assert answer.status_code == 422
    assert not reads(province, "chen", "chen-yb", number(matter))


@pytest.mark.parametrize(
    ("subjects", "said"),
    [
        ("", "对象的证件号码"),
        (number_of(7), "缺 1 个，多 1 个"),
        (f"{WANG} {number_of(7)}", "缺 0 个，多 1 个"),
        ("339999198804120288", "第 1个号码不是"),
    ],
)
def test_whom_it_is_about_is_read_from_the_paper_a_second_time(
    province: Province, subjects: str, said: str
) -> None:
    matter = opened(province)
    given = [("evidence", PAPER), ("subjects", subjects)]
    answer = do(province, "tang", f"{MATTERS}/{matter}", "countersign", given)
    assert answer.status_code == 422 and said.replace(" ", "") in words(answer).replace(" ", "")
    assert not reads(province, "chen", "chen-yb", number(matter))


def test_a_subject_that_is_added_closes_it_until_somebody_has_seen_the_proof(
    province: Province,
) -> None:
    matter = opened(province)
    assert confirm(province, matter) == 303
    given = [("subjects", number_of(1)), ("standing", "household_member")]
    given += [("reason", "家庭成员授权"), ("evidence", "SQ-2026-7")]
    path = f"{MATTERS}/{matter}"
    assert do(province, "shen", path, "add_subjects", given).status_code == 303
    assert not reads(province, "chen", "chen-yb", number(matter))
    both = f"{number_of(1)}\n{WANG}"
    assert confirm(province, matter, paper=PAPER, subjects=both) == 422
    assert confirm(province, matter, paper="SQ-2026-7", subjects=WANG) == 422
    assert confirm(province, matter, paper="SQ-2026-7", subjects=both) == 303
    assert reads(province, "chen", "chen-yb", number(matter))
    with transaction(province.services.node.database) as session:
        rows = session.scalars(
            select(GroundSubjectRow)
            .where(GroundSubjectRow.ground == number(matter))
            .order_by(GroundSubjectRow.number)
        ).all()
    assert [(one.standing, one.added is not None) for one in rows] == [
        ("insured", False),
        ("household_member", True),
    ]
    assert "这些对象已在事由中" in words(do(province, "shen", path, "add_subjects", given))


def test_it_is_handed_over_but_never_to_who_made_it_nor_by_oneself_to_oneself(
    province: Province,
) -> None:
    matter = opened(province)
    assert confirm(province, matter) == 303
    path = f"{MATTERS}/{matter}"

    def hand_over(who: str, reader: str) -> int:
        given = [("reader", reader), ("reason", "分工调整")]
        return do(province, who, path, "hand_over", given).status_code

    for who, reader, status in (
        ("shen", "shen-yb", 422),  # opened it
        ("shen", "tang-yb", 422),  # confirmed it
        ("xu", "xu-yb", 422),  # does not work with records
        ("xu", "system:dept-yb", 303),
    ):
        assert hand_over(who, reader) == status, reader
    ground = number(matter)
    assert not reads(province, "chen", "chen-yb", ground)
    with transaction(province.services.node.database) as session:
        assert session.get_one(GroundRow, ground).countersigned_by is None
    assert 'id="form-countersign"' not in get(province, "xu", path).text, "who handed it over"
    assert 'id="form-countersign"' in get(province, "tang", path).text
    assert confirm(province, matter) == 303


def test_a_handler_takes_no_ground_for_themselves(province: Province) -> None:
    matter = opened(province, who="chen/chen-yb", reader="shen-yb")
    assert confirm(province, matter) == 303
    path = f"{MATTERS}/{matter}"
    taken = do(province, "shen", path, "hand_over", [("reader", "shen-yb"), ("reason", "接手")])
    assert taken.status_code == 422
    assert 'id="form-add_subjects"' not in get(province, "shen/shen-yb", path).text
    shen, office = province.official("shen", "shen-yb"), province.services.matters
    added = Command(
        "add_subjects",
        asking.key(),
        office.read(shen, matter).version,
        {"subjects": [number_of(3)], "standing": "other"},
        reason="顺便",
        evidence="P-9",
    )
    with pytest.raises(BadInput, match="whoever reads under a ground adds nobody"):
        office.act(shen, matter, added)
    assert reads(province, "shen", "shen-yb", number(matter))


def test_whoever_was_added_wrongly_is_taken_out_again(province: Province) -> None:
    matter = opened(province)
    path = f"{MATTERS}/{matter}"
    assert 'id="form-strike_added"' not in get(province, "shen", path).text
    assert confirm(province, matter) == 303
    added = [("subjects", number_of(4)), ("standing", "other")]
    added += [("reason", "家庭成员"), ("evidence", "P-9")]
    assert do(province, "shen", path, "add_subjects", added).status_code == 303
    assert do(province, "tang", path, "strike_added", [("reason", "查无此人")]).status_code == 303
    assert confirm(province, matter, paper="P-9") == 303
    assert reads(province, "chen", "chen-yb", number(matter))


def test_whoever_had_a_hand_in_it_does_not_read_whatever_position_they_come_to(
    province: Province,
) -> None:
    matter = opened(province)
    assert confirm(province, matter) == 303
    added = [("subjects", number_of(5)), ("standing", "other")]
    added += [("reason", "家庭成员"), ("evidence", "P-9")]
    path = f"{MATTERS}/{matter}"
    assert do(province, "shen", path, "add_subjects", added).status_code == 303
    both = f"{number_of(5)} {WANG}"
    assert confirm(province, matter, who="xu", paper="P-9", subjects=both) == 303
    for who, position in (("shen", "shen-yb"), ("tang", "tang-yb")):
        with transaction(province.services.node.database) as session:
            session.get_one(GroundRow, number(matter)).position = position
        assert not reads(province, who, position, number(matter)), who


def test_no_number_of_a_person_is_written_into_the_matter(province: Province) -> None:
    matter = opened(province)
    services = province.services
    key = services.node.keyring.pseudonym("citizen_id", WANG)
    with transaction(services.node.database) as session:
        events = session.scalars(select(MatterEventRow).where(MatterEventRow.matter == matter))
        texts = session.scalars(select(MatterTextRow.name).where(MatterTextRow.matter == matter))
        said = f"{[one.data for one in events]} {texts.all()}"
    assert WANG not in said and key not in said and "subjects" not in said
    shown = get(province, "tang", f"{MATTERS}/{matter}").text
    assert WANG not in shown and key not in shown


def test_the_person_sees_it_at_once_and_who_added_them(province: Province) -> None:
    matter = opened(province)
    page = words(get(province, "wang", "/my/uses"))
    assert number(matter) in page and "待复核，还不能据此查阅" in page
    assert confirm(province, matter) == 303
    shown = words(get(province, "wang", "/my/uses"))
    of_mine = shown.partition(number(matter))[2].partition("GD-")[0]
    assert "在办" in of_mine and "待复核" not in of_mine


def test_an_emergency_ends_by_itself(province: Province) -> None:
    matter = opened(province, ground_kind="emergency")
    assert confirm(province, matter) == 303
    assert reads(province, "chen", "chen-yb", number(matter))
    with transaction(province.services.node.database) as session:
        row = session.get_one(GroundRow, number(matter))
        row.opened -= timedelta(hours=72)
    assert not reads(province, "chen", "chen-yb", number(matter))


def test_the_form_and_the_lists_use_the_same_words(province: Province) -> None:
    services = province.services
    with transaction(services.node.database) as session:
        values = services.matters.book.newest(session, GROUND).values
    opened_by_itself = {"correction": GROUND_KINDS["correction"]}
    assert dict(values["ground_kind"].choices) | opened_by_itself == GROUND_KINDS
    assert dict(values["standing"].choices) == STANDINGS
    assert GROUND_KINDS.keys() == {*get_args(GroundKind), "correction"}


def test_the_registry_says_which_items_an_office_has() -> None:
    assert {one.item for one in load_grounds().items if one.organisation == "113399001001041148"}
