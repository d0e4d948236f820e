"""Every period with its article, and how it was kept: counted from requests that were played."""

from sqlalchemy import text

from tests import asking
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.citizen.test_new_matter import complain, number_of
from tests.test_portals.official.test_request import get, words
from tests.test_portals.pages.rendered import visitor
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.registry.statutes import duties as known
from xihu_portals.official import duties
from xihu_portals.web.parts import State, Table

__all__ = ["acted_province"]  # a fixture
ARTICLE = "《政务数据共享条例》第二十一条"


FIGURES: dict[str, object] = dict.fromkeys(
    [
        *("起算", "已答复", "逾期", "视为办理", "重新起算", "不同意", "更正数据", "授权"),
        *("从未使用的授权", "授权后读取", "业务事由", "其中手工", "一分钟内办结", "末日求延"),
    ],
    0,
)


def own(province: Province) -> str:
    position = province.official("sun", "sun-rs").position
    assert position is not None
    return position.organisation


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
    with province.services.node.database.connect() as connection:
        query = "SELECT count(*) FROM ground WHERE organisation = :one AND opened >= '2026-01-01'"
        grounds = connection.execute(text(query), {"one": own(province)}).scalar()
    assert record(province, "sun", "sun-rs") == FIGURES | {
        "业务事由": grounds,
        "起算": 3,
        "已答复": 2,
        "按时率（%）": 100,
        "答复天数（中位数）": 0,
        "延期率（%）": 33.3,
        "不同意": 1,
        "授权": 1,
        "从未使用的授权": 1,
        "一分钟内办结": 2,
        "不同意的依据": f"{ARTICLE} 1",
    }
    shown = words(get(province, "sun", "/official/duties"))
    assert "答复有条件共享申请 《政务数据共享条例》第二十一条 10 个工作日，可延长 10" in shown
    assert "3 2 0" in shown
    assert "各部门的答复" not in shown
    authority = duties.fill(visitor(province, province.official("luo", "luo-sj"), official=True))
    answers, uses = authority.departments
    (row,) = answers.rows
    assert row[0] == organisation_name(own(province))
    assert row[1:4] == (3, 2, 100)
    assert len(answers.columns) == len(row) == 10
    assert len(uses.columns) == len(uses.rows[0]) == 9
    english = words(get(province, "luo", "/official/duties", "en"))
    assert "Answers of the departments" in english
    assert "they prove nothing" in english


def test_every_duty_is_there_in_both_languages(province: Province) -> None:
    chinese = words(get(province, "luo", "/official/duties"))
    english = words(get(province, "luo", "/official/duties", "en"))
    for one in known().values():
        assert one.name.zh in chinese
        assert one.name.en in english
    assert "text not verified" in english


def test_the_source_of_each_period_is_said_in_the_reader_s_language(province: Province) -> None:
    for language, said, other in (
        ("zh", "来源：由本平台的运行单位自行设定", "Set by the operator"),
        ("en", "Source: Set by the operator of this installation", "自行设定"),
    ):
        page = words(get(province, "sun", "/official/duties", language))
        assert said in page and other not in page
    chinese = words(get(province, "sun", "/official/duties"))
    assert "来源：国务院令第809号" in chinese and "State Council Order" not in chinese


def test_the_days_of_a_local_target_say_who_has_set_it(province: Province) -> None:
    matter = number_of(complain(province, "wang"))
    page = words(get(province, "wang", f"/my/matters/{matter}"))
    assert page.count("来源：由本平台的运行单位自行设定") == 1
    english = words(get(province, "wang", f"/my/matters/{matter}", "en"))
    assert "Source: Set by the operator of this installation" in english
