"""Every period with its article, and how it was kept: counted from requests that were played."""

from tests import asking
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_request import get, words
from tests.test_portals.pages.rendered import visitor
from xihu_catalog.registry.statutes import duties as known
from xihu_portals.official import duties
from xihu_portals.web.parts import State, Table

__all__ = ["acted_province"]  # a fixture
ARTICLE = "《政务数据共享条例》第二十一条"


def record(province: Province, who: str, position: str) -> dict[str, object]:
    page = duties.fill(visitor(province, province.official(who, position), official=True))
    assert isinstance(page.record, Table)
    return {row[0].zh: row[1] for row in page.record.rows}  # type: ignore[union-attr]


def test_a_department_sees_its_own_record_and_its_duties_kept(province: Province) -> None:
    page = duties.fill(visitor(province, province.official("gao", "gao-zw"), official=True))
    assert isinstance(page.record, State)
    refused, open_one = asking.sent(province), asking.sent(province)
    asking.agreed(province)
    asking.act(province, refused, "sun", "sun-rs", "assess", {"opinion": "不同意"})
    asking.act(province, refused, "fang", "fang-rs", "refuse", reason="与职责无关", article=ARTICLE)
    asking.act(
        province, open_one, "sun", "sun-rs", "ask_extension", {"extension": 3}, reason="会商"
    )
    asking.act(province, open_one, "luo", "luo-sj", "consent_extension", {"extension": 3})
    assert record(province, "sun", "sun-rs") == {
        "收到": 3,
        "已答复": 2,
        "按时答复": 2,
        "延长期限": 1,
        "不同意": 1,
        "不同意的依据": f"{ARTICLE} 1",
        "答复所用天数（中位数）": 0,
    }
    text = words(get(province, "sun", "/official/duties"))
    assert "答复有条件共享申请 《政务数据共享条例》第二十一条 10 个工作日，可延长 10" in text
    assert "3 2 0" in text


def test_every_duty_is_there_in_both_languages(province: Province) -> None:
    chinese = words(get(province, "luo", "/official/duties"))
    english = words(get(province, "luo", "/official/duties", "en"))
    for one in known().values():
        assert one.name.zh in chinese
        assert one.name.en in english
    assert "text not verified" in english
