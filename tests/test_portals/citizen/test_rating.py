"""好差评 on the page of a matter: offered when it is closed, once, to whoever asked."""

import re

import httpx
import pytest

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.citizen.test_new_matter import ask_open, complain, number_of
from tests.test_portals.official.test_request import do, get, post, words

__all__ = ["acted_province"]  # a fixture
MINE, OFFICE = "/my/matters", "/official/matters"
REFUSAL = [("reason", "涉及个人健康信息"), ("article", "《个人信息保护法》第二十八条")]


@pytest.fixture
def closed(province: Province) -> int:
    """A request of wang that 示例省医疗保障局 refused."""
    matter = number_of(ask_open(province, "wang"))
    assert do(province, "xu", f"{OFFICE}/{matter}", "refuse", REFUSAL).status_code == 303
    return matter


def form_of(page: httpx.Response) -> dict[str, str]:
    part = page.text.partition('id="rating"')[2].partition("</section>")[0]
    return dict(re.findall(r'type="hidden" name="(key|position)" value="([^"]*)"', part))


def rate(province: Province, who: str, matter: int, *said: tuple[str, str]) -> httpx.Response:
    path = f"{MINE}/{matter}"
    form = form_of(get(province, who, path)) or {"key": "form-00000077", "position": ""}
    return post(province, who, f"{path}/rating", [*form.items(), *said])


def followed(province: Province, who: str, path: str) -> str:
    page = get(province, who, path)
    (href,) = re.findall(rf'href="((?:{MINE}|{OFFICE})/\d+)">差评整改', page.text)
    return str(href)


def test_five_words_are_offered_when_it_is_closed(province: Province, closed: int) -> None:
    page = get(province, "wang", f"{MINE}/{closed}")
    part = page.text.partition('id="rating"')[2].partition("</section>")[0]
    found = re.findall(r'name="level" value="(\d)"> <span>([^<]+)<', part)
    assert found == [
        *(("1", "非常满意"), ("2", "满意"), ("3", "基本满意")),
        *(("4", "不满意"), ("5", "非常不满意")),
    ]
    assert "checked" not in part, "nothing is chosen beforehand"
    english = words(get(province, "wang", f"{MINE}/{closed}", "en"))
    assert "How was it handled?" in english and "Very dissatisfied" in english
    assert 'id="rating"' not in get(province, "xu", f"{OFFICE}/{closed}").text


def test_an_open_one_and_a_complaint_are_not_rated(province: Province) -> None:
    waiting = number_of(ask_open(province, "wang", "mz_elder_care"))
    complaint = number_of(complain(province, "wang"))
    do(province, "wang", f"{MINE}/{complaint}", "withdraw")
    for matter in (waiting, complaint):
        assert 'id="rating"' not in get(province, "wang", f"{MINE}/{matter}").text
        answer = rate(province, "wang", matter, ("level", "1"))
        assert answer.status_code == 422
    do(province, "wang", f"{MINE}/{waiting}", "withdraw")


def test_the_first_rating_is_the_answer_however_often_it_is_sent(
    province: Province, closed: int
) -> None:
    path = f"{MINE}/{closed}"
    form = [*form_of(get(province, "wang", path)).items(), ("level", "2"), ("comment", "说得清楚")]
    answers = [post(province, "wang", f"{path}/rating", form) for _ in range(3)]
    assert {one.status_code for one in answers} == {303}
    assert answers[0].headers["location"] == f"{path}#rating"
    other = [("key", "form-00000078"), ("position", ""), ("level", "5")]
    assert post(province, "wang", f"{path}/rating", other).status_code == 303
    page = get(province, "wang", path)
    part = page.text.partition('id="rating"')[2].partition("</section>")[0]
    assert "满意" in part and "说得清楚" in part and "非常不满意" not in part
    assert "<form" not in part
    theirs = words(get(province, "xu", f"{OFFICE}/{closed}"))
    assert "说得清楚" in theirs


def test_a_bad_one_is_put_right_and_called_back_by_another(province: Province, closed: int) -> None:
    sent = rate(province, "wang", closed, ("level", "4"), ("comment", "没有说清理由"))
    assert sent.status_code == 303
    mine = followed(province, "wang", f"{MINE}/{closed}")
    office = mine.replace(MINE, OFFICE)
    assert followed(province, "xu", f"{OFFICE}/{closed}") == office
    text = words(get(province, "wang", mine))
    assert "待整改" in text and "现由示例省医疗保障局办理" in text
    assert "最迟 2026年12月14日" in words(get(province, "wang", MINE))
    assert "条文待核实" in text
    assert "没有说清理由" in words(get(province, "tang", office))
    said = [("measures", "已补充说明理由")]
    assert do(province, "tang", office, "rectify", said).status_code == 303
    assert 'id="form-call_back"' not in get(province, "tang", office).text
    assert do(province, "xu", office, "call_back", [("said", "认可")]).status_code == 303
    assert "已解决" in words(get(province, "wang", mine))


@pytest.mark.parametrize("who", ["zhao", "chen", "luo"])
def test_a_stranger_rates_nothing(province: Province, closed: int, who: str) -> None:
    assert rate(province, who, closed, ("level", "5")).status_code == 404
    assert 'name="level"' in get(province, "wang", f"{MINE}/{closed}").text
    assert get(province, who, f"{MINE}/{closed}/rating").status_code == 404


def test_who_is_no_party_of_a_bad_rating_sees_nothing_of_it(
    province: Province, closed: int
) -> None:
    rate(province, "wang", closed, ("level", "5"), ("comment", "只写给承办单位"))
    mine = followed(province, "wang", f"{MINE}/{closed}")
    office = mine.replace(MINE, OFFICE)
    for who, path in (("zhao", mine), ("fang", office), ("wu", office)):
        answer = get(province, who, path)
        assert answer.status_code == 404 and "只写给承办单位" not in answer.text


@pytest.mark.parametrize("level", ["", "0", "6", "x", "٣"])
def test_what_is_no_level_is_said_and_nothing_is_lost(
    province: Province, closed: int, level: str
) -> None:
    answer = rate(province, "wang", closed, ("level", level), ("comment", "写了很久"))
    assert answer.status_code == 422
    assert "请选择满意程度" in words(answer) and "写了很久" in answer.text


def test_without_its_token_a_rating_is_nothing(province: Province, closed: int) -> None:
    form = [("key", "form-00000079"), ("position", ""), ("level", "1")]
    answer = post(province, "wang", f"{MINE}/{closed}/rating", form, csrf="wrong")
    assert answer.status_code == 422 and "表单已失效" in words(answer)
    assert 'name="level"' in get(province, "wang", f"{MINE}/{closed}").text


def test_the_address_of_the_form_leads_to_the_matter(province: Province, closed: int) -> None:
    answer = get(province, "wang", f"{MINE}/{closed}/rating")
    assert answer.status_code == 303 and answer.headers["location"] == f"{MINE}/{closed}#rating"
