"""A guide answers: am I eligible, what do I bring, how long, who helps me."""

from collections.abc import Iterator

import pytest

from tests import casing
from tests.province import Province, make_province
from tests.test_portals.api.callers import Call, send
from xihu_catalog.services.items import service_items


def get(province: Province, item: str, language: str = "zh") -> str:
    call = Call("GET", f"/services/{item}?lang={language}", "", "wang")
    return send(province, call, "no_token").text


def test_the_answers_come_in_the_order_of_the_questions(province: Province) -> None:
    text = get(province, "food_permit")
    heads = ["我能不能办", "我要带什么", "要多久", "谁来帮我", "收不收费", "怎么办", "办完得到什么"]
    at = [text.index(f"<h2>{head}</h2>") for head in heads]
    assert at == sorted(at)
    assert 'href="/services/food_permit/apply"' in text


def test_what_a_department_has_is_not_to_be_brought(province: Province) -> None:
    text = get(province, "food_permit")
    brought = text.split("<h2>我要带什么</h2>")[1].split("<h3>")[0]
    spared = text.split("免交，由部门之间取得</h3>")[1].split("</section>")[0]
    for name in ("场所租赁合同", "经营场所平面图和操作流程", "食品安全管理制度"):
        assert name in brought and name not in spared
    assert "经营场所是租的吗？答“是”的才要" in brought
    assert "营业执照" in spared and "来自示例省市场监督管理局" in spared
    assert "营业执照" not in brought


def test_what_is_asked_for_all_the_same_is_brought_with_the_reason(province: Province) -> None:
    brought = get(province, "property_transfer").split("<h2>我要带什么</h2>")[1].split("<h3>")[0]
    assert "不动产权证书" in brought and "旧的纸质证书要收回作废" in brought


def test_both_periods_are_told_with_the_law(province: Province) -> None:
    text = get(province, "food_permit")
    for said in ("8 个工作日", "20 个工作日", "《中华人民共和国食品安全法》第三十五条"):
        assert said in text
    assert "条文尚待核对" not in text
    assert "条文尚待核对" in get(province, "retirement")
    assert "1 working day<" in get(province, "elder_card", "en")


def test_the_township_comes_first_and_the_fee_has_its_basis(province: Province) -> None:
    text = get(province, "low_income")
    assert "示例省西湖区示例街道办事处" in text and "15 个工作日" in text
    assert "80.00 元" in get(province, "property_transfer")
    assert "国家规定的不动产登记收费标准" in get(province, "property_transfer")


def test_the_day_is_told_by_which_it_is_decided_with_each_period(province: Province) -> None:
    """Counted by hand from Monday 2026-11-23: 5 working days, 15 of the street, 5 of the district;
    of a licence 5 and the 8 that are promised."""
    text = get(province, "low_income")
    assert "按您的情形，最多带 2 份；7 份由部门之间取得" in text
    assert "今天提交、不用补正的，最迟 2026年12月28日 有结果" in text
    street = text.split("街道完成调查、公示并报送：")[1].split("</li>")[0]
    assert "最迟 2026年12月21日" in street and "《浙江省社会救助条例》第十三条" in street
    assert "最迟 2026年12月10日 有结果" in get(province, "food_permit")
    # 20 working days of receipt: no law asks that a request for information be accepted
    assert "最迟 2026年12月21日 有结果" in get(province, "information_request")
    assert "有结果" not in get(province, "after_death")


def test_what_is_not_done_on_line_has_no_button(province: Province) -> None:
    for name, one in service_items().items():
        text = get(province, name)
        assert (f'href="/services/{name}/apply"' in text) == bool({"2", "3"} & set(one.channels))
        assert f'href="tel:{one.counter.phone}"' in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_no_service_is_not_found(province: Province, language: str) -> None:
    call = Call("GET", f"/services/passport?lang={language}", "", "wang")
    answer = send(province, call, "no_token")
    assert answer.status_code == 404
    assert ("没有事项" if language == "zh" else "there is no service") in answer.text


def signed_in(province: Province, item: str, language: str = "zh") -> str:
    call = Call("GET", f"/services/{item}?lang={language}", "", "wang")
    return send(province, call, "right").text


def brought_in(text: str) -> str:
    return text.split("<h2>我要带什么</h2>")[1].split("</section>")[0].split("<h3>")[0]


@pytest.fixture(name="acted", scope="module")
def acted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    yield from make_province(tmp_path_factory.mktemp("guide"))


def test_what_a_licence_of_the_reader_serves_for_is_not_to_be_brought(acted: Province) -> None:
    without = signed_in(acted, "school_enrolment")
    assert "居住证" in brought_in(without) and "最多带 4 份" in brought_in(without)
    assert "也可以用您在本平台的电子证照“居住证（电子证照）”" in brought_in(without)
    assert "Or your electronic licence “Residence permit (electronic)”" in get(
        acted, "school_enrolment", "en"
    )
    number = casing.issued_to(acted, "residence_permit", "JZ-2026-000077")
    text = signed_in(acted, "school_enrolment")
    assert "居住证" not in brought_in(text) and "最多带 3 份" in brought_in(text)
    assert "不用带：您的电子证照可用" in text and f"您的电子证照 {number} 可用" in text
    english = signed_in(acted, "school_enrolment", "en")
    assert f"your electronic licence {number} serves" in english
    for other in (get(acted, "school_enrolment"), signed_in(acted, "food_permit")):
        assert number not in other
    case = casing.begun(acted, "school_enrolment", answers="local=no")
    page = send(acted, Call("GET", f"/my/cases/{case}", "", "wang"), "right").text
    assert f"您的电子证照 {number} 可用" in page and "需要您提供 3 份" in page
