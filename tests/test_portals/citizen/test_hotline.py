"""What a person brings to the 12345 hotline, from the form to the call back; and who sees it."""

import pytest

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.citizen.test_new_matter import number_of, sent
from tests.test_portals.official.test_new_matter import offered
from tests.test_portals.official.test_request import do, get, post, words

__all__ = ["acted_province"]  # a fixture
MINE, OFFICE = "/my/matters", "/official/matters"
FORM = f"{MINE}/new/hotline"
WISH = [("classification", "complaint"), ("topic", "noise"), ("wish", "文三路工地夜里施工")]
URBAN, XIHU = "11339900100156133C", "113399001001548082"
"""示例省西湖区城市管理局, of which yao is, and 民政局, of which pan is."""


def brought(province: Province, who: str = "wang") -> int:
    return number_of(sent(province, who, FORM, WISH))


def test_the_form_says_what_happens_and_by_when(province: Province) -> None:
    text = words(get(province, "wang", FORM))
    assert "退单一次" in text and "不得再退" in text and "直接拨打 12345" in text
    assert "今天提交的，热线派单最迟 2026年11月24日（本地办理目标，非法定期限）" in text
    english = words(get(province, "wang", FORM, "en"))
    assert "gives it back once" in english and "Request for help" in english
    assert f'href="{FORM}"' in get(province, "wang", MINE).text


def test_from_the_form_to_the_call_back(province: Province) -> None:
    matter = brought(province)
    mine, office = f"{MINE}/{matter}", f"{OFFICE}/{matter}"
    assert "现由示例省政务服务管理办公室办理" in words(get(province, "wang", mine))
    units = offered(get(province, "xing", office), "unit")
    assert URBAN in units and "11339900100123294E" not in units
    assert do(province, "xing", office, "assign", [("unit", URBAN)]).status_code == 303
    assert "文三路工地夜里施工" in words(get(province, "yao", office))
    shown = words(get(province, "wang", mine))
    assert "现由示例省西湖区城市管理局办理" in shown and "最迟" in shown
    assert "本地办理目标，非法定期限" in shown
    said = [("reason", "不是本单位职责")]
    assert do(province, "yao", office, "give_back", said).status_code == 303
    named = [("unit", XIHU), ("reason", "按职责清单")]
    assert do(province, "gao", office, "designate", named).status_code == 303
    assert get(province, "yao", office).status_code == 404
    page = get(province, "pan", office)
    assert 'id="form-reply"' in page.text and 'id="form-give_back"' not in page.text
    answer = [("reply", "已要求夜间停工")]
    assert do(province, "pan", office, "reply", answer).status_code == 303
    called = [("responded", "responded"), ("satisfied", "satisfied")]
    assert do(province, "xing", office, "close", called).status_code == 303
    ended = words(get(province, "wang", mine))
    assert "已回访，办结" in ended and "已要求夜间停工" in ended and "这件事办得怎么样？" in ended


def test_nobody_else_sees_it(province: Province) -> None:
    matter = brought(province)
    for who, path in (
        *(("zhao", f"{MINE}/{matter}"), ("chen", f"{MINE}/{matter}")),
        *(("yao", f"{OFFICE}/{matter}"), ("pan", f"{OFFICE}/{matter}")),
        *(("luo", f"{OFFICE}/{matter}"), ("wu", f"{OFFICE}/{matter}")),
    ):
        answer = get(province, who, path)
        assert answer.status_code == 404, who
        assert "文三路" not in answer.text
    for box in ("todo", "open", "done"):
        assert f"HL-{matter:06d}" not in get(province, "yao", f"{OFFICE}?box={box}").text


@pytest.mark.parametrize("who", ["yao", "luo", "gao"])
def test_an_office_brings_nothing_to_the_hotline(province: Province, who: str) -> None:
    """gao leads it, and takes no calls."""
    path = f"{OFFICE}/new/hotline"
    assert get(province, who, path).status_code == 404
    assert path not in get(province, who, OFFICE).text
    form = [("key", "form-00000081"), ("version", "0"), ("position", "")]
    assert post(province, who, path, [*form, *WISH]).status_code == 404


def test_the_desk_writes_for_one_who_rang(province: Province) -> None:
    path = f"{OFFICE}/new/hotline"
    assert path in get(province, "xing", OFFICE).text
    without = sent(province, "xing", path, WISH)
    assert without.status_code == 422 and "以便回访" in words(without)
    matter = number_of(sent(province, "xing", path, [*WISH, ("contact", "李女士 0571-0000")]))
    do(province, "xing", f"{OFFICE}/{matter}", "assign", [("unit", URBAN)])
    assert "李女士 0571-0000" in words(get(province, "yao", f"{OFFICE}/{matter}"))
