"""The page of one ground: its subjects by number, and a look at one of them."""

from urllib.parse import quote

import pytest

from tests.province import Province
from tests.test_portals.official.test_request import get, words
from xihu_platform.access.grounds import GroundRow, GroundSubjectRow
from xihu_platform.database import transaction

GROUND = "/official/grounds/XH-2026-000124"
LOOK = f"{GROUND}?dataset=rs_social_insurance&subject=1"


def test_a_subject_is_looked_at_with_nothing_typed(province: Province) -> None:
    page = get(province, "sun", GROUND)
    assert page.status_code == 200
    assert f'href="{LOOK.replace("&", "&amp;")}#lookup"' in page.text
    shown = words(page)
    assert "对象 1 申请人" in shown and "职工社会保险缴费记录" in shown and "条记录" not in shown
    looked = words(get(province, "sun", LOOK))
    assert "条记录" in looked and "这次查阅已记入日志" in looked
    english = words(get(province, "sun", LOOK, "en"))
    assert "records" in english and "This look is in the log" in english


CLAIM = "dataset=rs_social_insurance&claim=insured_in_month&subject=1"


def test_a_claim_is_verified_without_a_record(province: Province) -> None:
    """In the demo, healthcare security's system has the ground; here its handler's."""
    ground = "/official/grounds/XH-2026-000123"
    page = get(province, "chen/chen-yb", ground)
    assert page.status_code == 200 and "该月正常参保" in words(page)
    answer = words(get(province, "chen/chen-yb", f"{ground}?{CLAIM}&argument=2026-09"))
    assert "该月正常参保（已缴费或缓缴） 2026-09 一致" in answer
    assert "数据截至" in answer and "应先向本人核实" in answer and "条记录" not in answer
    again = words(get(province, "chen/chen-yb", f"{ground}?{CLAIM}&argument=2026-09"))
    assert "以前已答复" in again
    for wrong in ("2026-13", "2027-01", "1999-12", "x' OR 1=1"):
        told = get(province, "chen/chen-yb", f"{ground}?{CLAIM}&argument={quote(wrong)}")
        assert told.status_code == 200 and "一致" not in words(told).partition("核验：")[2][:200]
    english = words(get(province, "chen/chen-yb", f"{ground}?{CLAIM}&argument=2026-09", "en"))
    assert "Insured in the month, paid or deferred 2026-09 Yes" in english


@pytest.mark.parametrize(
    ("who", "path", "status", "said"),
    [
        ("he", GROUND, 404, "您的岗位名下没有这个业务事由"),
        ("chen", GROUND, 404, "您的岗位名下没有这个业务事由"),
        ("sun", "/official/grounds/XH-2026-999999", 404, "您的岗位名下没有这个业务事由"),
        ("sun", "/official/grounds/%00", 404, "您的岗位名下没有这个业务事由"),
        ("sun", f"{GROUND}?dataset=yb_hospital_visits&subject=1", 422, "不开放该数据集"),
        ("sun", f"{GROUND}?dataset=rs_social_insurance", 422, "请选择一位对象"),
        ("sun", f"{GROUND}?dataset=rs_social_insurance&subject=x", 422, "subject"),
        ("sun", f"{GROUND}?dataset=rs_social_insurance&subject=2", 200, "没有"),
        ("sun", f"{GROUND}?page=0", 422, "page"),
        ("wu", GROUND, 403, ""),
    ],
)
def test_what_is_not_ones_own_or_not_there_is_said(
    province: Province, who: str, path: str, status: int, said: str
) -> None:
    answer = get(province, who, path)
    assert answer.status_code == status
    assert said in words(answer)


def test_the_list_has_what_the_position_holds_and_the_cockpit_leads_there(
    province: Province,
) -> None:
    page = get(province, "sun", "/official/grounds")
    assert 'href="/official/grounds/XH-2026-000124"' in page.text
    assert "XH-2026-000121" not in page.text, "another position's"
    assert "不能再据此查阅" in words(get(province, "sun", "/official/grounds?ended=1"))
    cockpit = get(province, "sun", "/official/")
    assert "/official/grounds/" in cockpit.text


def test_a_ground_about_many_has_pages(province: Province) -> None:
    with transaction(province.services.node.database) as session:
        like = session.get_one(GroundRow, "XH-2026-000124")
        columns = {c.key: getattr(like, c.key) for c in GroundRow.__table__.columns}
        session.merge(GroundRow(**{**columns, "number": "MANY-1", "countersigned_by": "other"}))
        session.flush()
        for number in range(1, 121):
            row = GroundSubjectRow(
                ground="MANY-1", number=number, key=f"k{number}", kind="person", standing="other"
            )
            session.merge(row)
    first, last = (
        words(get(province, "sun", f"/official/grounds/MANY-1?page={n}")) for n in (1, 3)
    )
    assert "对象 50 " in first and "对象 51 " not in first and "下一页" in first
    assert "对象 101 " in last and "对象 120 " in last and "下一页" not in last
    with transaction(province.services.node.database) as session:
        for number in range(1, 121):
            session.delete(session.get_one(GroundSubjectRow, ("MANY-1", number)))
        session.flush()
        session.delete(session.get_one(GroundRow, "MANY-1"))
