"""A citizen asks for data to be opened, or complains: the form, its errors, and once only."""

import re

import httpx
import pytest

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_new_matter import offered
from tests.test_portals.official.test_request import get, hidden, post, words

__all__ = ["acted_province"]  # a fixture
PATH = "/my/matters"
COMPLAINT = f"{PATH}/new/complaint"
DATASET = "yb_hospital_visits"
OPENING = f"{PATH}/new/opening_request?dataset={DATASET}"
INSURANCE = "113399001001041148"
"""示例省医疗保障局, which tang and xu are of."""
CLAIM = [("respondent", INSURANCE), ("subject", "leaked"), ("claim", "我的就诊记录外泄")]


def sent(province: Province, who: str, path: str, said: list[tuple[str, str]]) -> httpx.Response:
    form = hidden(get(province, who, path), "open")
    form.pop("csrf")
    return post(province, who, path, [*form.items(), *said])


def complain(
    province: Province, who: str, said: list[tuple[str, str]] | None = None
) -> httpx.Response:
    return sent(province, who, COMPLAINT, CLAIM if said is None else said)


def ask_open(province: Province, who: str, dataset: str = DATASET) -> httpx.Response:
    path = f"{PATH}/new/opening_request?dataset={dataset}"
    page = get(province, who, path)
    name = re.findall(r'name="fields" value="(\w+)"', page.text)[0]
    return sent(province, who, path, [("fields", name), ("use", "做就医便利度地图")])


def number_of(answer: httpx.Response) -> int:
    assert answer.status_code == 303, words(answer)[:600]
    return int(answer.headers["location"].partition("?")[0].rpartition("/")[2])


def test_from_the_page_of_a_dataset_to_the_matter(province: Province) -> None:
    page = get(province, "wang", f"/datasets/{DATASET}")
    assert f'href="{OPENING}"' in page.text
    assert "没有向社会开放" in words(page)
    form = words(get(province, "wang", OPENING))
    assert "答复公共数据开放申请最迟 2026年12月21日（本地办理目标，非法定期限）" in form
    answer = ask_open(province, "wang")
    opened = words(get(province, "wang", answer.headers["location"]))
    assert "等待提供部门答复" in opened and "现由示例省医疗保障局办理" in opened
    assert "做就医便利度地图" in opened
    again = sent(province, "wang", OPENING, [("fields", "x"), ("use", "再问一次")])
    assert again.status_code == 422


def test_what_is_open_to_all_is_not_asked_for(province: Province) -> None:
    page = get(province, "wang", "/datasets/hb_air_quality_hourly")
    assert "new/opening_request" not in page.text
    path = f"{PATH}/new/opening_request?dataset=hb_air_quality_hourly"
    answer = get(province, "wang", path)
    assert answer.status_code == 409 and "的数据项都已开放" in words(answer)


def test_a_second_request_for_the_same_waits_for_the_first(province: Province) -> None:
    first = number_of(ask_open(province, "wang", "jy_pupils"))
    second = ask_open(province, "wang", "jy_pupils")
    assert second.status_code == 409
    assert f"您已申请开放这个数据集（OD-{first:06d}）" in words(second)
    assert number_of(ask_open(province, "zhao", "jy_pupils")) > first


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"respondent": ""}, "请选择投诉举报的是哪个单位"),
        ({"respondent": "nowhere"}, "请选择投诉举报的是哪个单位"),
        ({"respondent": "11339900100120552F"}, "请直接向上级主管部门提出"),
        ({"subject": ""}, "请填写“什么问题”"),
        ({"subject": "weather"}, "“什么问题”不在可选之列"),
        ({"claim": "　"}, "请填写“事情经过”"),
        ({"claim": "字" * 5001}, "“事情经过”有 5001 字，最多 5000 字"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    province: Province, change: dict[str, str], said: str
) -> None:
    form = hidden(get(province, "wang", COMPLAINT), "open")
    form.pop("csrf")
    kept = [pair for pair in CLAIM if pair[0] not in change]
    answer = post(
        province, "wang", COMPLAINT, [*form.items(), *kept, *change.items(), ("contact", "张三")]
    )
    assert answer.status_code in {409, 422}
    assert said in words(answer)
    assert "张三" in answer.text
    assert hidden(answer, "open")["key"] == form["key"]


def test_the_same_form_five_times_is_one_complaint(province: Province) -> None:
    form = hidden(get(province, "wang", COMPLAINT), "open")
    form.pop("csrf")
    said = [*form.items(), *CLAIM]
    places = {post(province, "wang", COMPLAINT, said).headers["location"] for _ in range(5)}
    assert len(places) == 1


def test_the_form_says_who_will_know(province: Province) -> None:
    text = words(get(province, "wang", COMPLAINT))
    assert "被投诉举报的单位看不到您写的内容，也看不到是谁提出的" in text
    english = words(get(province, "wang", COMPLAINT, "en"))
    assert "sees neither what you write nor who you are" in english
    options = offered(get(province, "wang", COMPLAINT), "respondent")
    assert INSURANCE in options and len(options) == 25


@pytest.mark.parametrize("kind", ["incident", "sharing_request", "permit", "nothing"])
def test_a_citizen_opens_nothing_else(province: Province, kind: str) -> None:
    assert get(province, "wang", f"{PATH}/new/{kind}").status_code == 404
    form = [("key", "form-00000001"), ("version", "0"), ("position", "")]
    assert post(province, "wang", f"{PATH}/new/{kind}", form).status_code == 404


def test_a_request_without_a_dataset_is_led_to_one(province: Province) -> None:
    bare = get(province, "wang", f"{PATH}/new/opening_request")
    assert bare.status_code == 422 and "请从数据集页面申请开放" in words(bare)
    unknown = get(province, "wang", f"{PATH}/new/opening_request?dataset=nothing")
    assert unknown.status_code == 404


def test_one_who_is_not_proven_opens_nothing(province: Province) -> None:
    page = get(province, "li", COMPLAINT)
    assert "先要确认是您本人" in words(page) and "<textarea" not in page.text
    form = [("key", "form-00000002"), ("version", "0"), ("position", ""), *CLAIM]
    assert post(province, "li", COMPLAINT, form).status_code == 403


def test_without_its_token_a_form_is_nothing(province: Province) -> None:
    form = [("key", "form-00000003"), ("version", "0"), ("position", ""), *CLAIM]
    answer = post(province, "wang", COMPLAINT, form, csrf="wrong")
    assert answer.status_code == 422 and "表单已失效" in words(answer)


def test_a_form_filled_in_for_a_firm_is_not_sent_for_oneself(province: Province) -> None:
    form = hidden(get(province, "zhao", COMPLAINT), "open")
    form.pop("csrf")
    form["position"] = "firm:91339900202600012U"
    answer = post(province, "zhao", COMPLAINT, [*form.items(), *CLAIM])
    assert answer.status_code == 409 and "您换了办事身份" in words(answer)
