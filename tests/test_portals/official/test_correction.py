"""An office reports a record that it was shown as wrong."""

import re
from html import unescape

import pytest

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_request import do, get, hidden, post, words

__all__ = ["acted_province"]  # a fixture
LOOK = "/official/grounds/XH-2026-000123?dataset=rs_social_insurance&subject=1"
MARK = 'class="verifying-mark"'


def ways(province: Province, who: str, page: str) -> list[str]:
    answer = get(province, who, page)
    assert answer.status_code == 200, words(answer)[:300]
    found = re.findall(r'href="(/official/datasets/\w+/correction\?row=[^"]+)"', answer.text)
    return [unescape(one) for one in found]


def sent(province: Province, who: str, way: str, **said: str) -> tuple[int, str]:
    form = hidden(get(province, who, way), "open")
    form.pop("csrf", None)
    given = {"field": "state", "claimed": "欠费", "reason": "台账不符", "evidence": "YB-2026-77"}
    answer = post(province, who, way.partition("?")[0], [*(form | given | said).items()])
    return answer.status_code, answer.headers.get("location") or words(answer)


def test_what_was_looked_up_is_reported_and_marked(province: Province) -> None:
    health = "chen/chen-yb"
    way = ways(province, health, LOOK)[0]
    form = words(get(province, health, way))
    assert "2026年10月" in form and "《政务数据共享条例》第二十六条" in form
    status, where = sent(province, health, way)
    assert status == 303 and where.startswith("/official/matters/")
    assert get(province, health, LOOK).text.count(MARK) == 1
    page = words(get(province, "sun/sun-rs", where.partition("?")[0]))
    assert (
        "缴费状态" in page and "2026年10月" in page and "欠费" in page and "2026年12月7日" in page
    )
    assert do(province, "sun/sun-rs", where.partition("?")[0], "take_up").status_code == 303
    taken = get(province, "sun/sun-rs", where.partition("?")[0])
    assert "查看这条记录" in words(taken)
    look = unescape(re.findall(r'href="(/official/grounds/CR-[^"]+)"', taken.text)[0])
    looked = get(province, "sun/sun-rs", look.partition("#")[0])
    assert looked.status_code == 200 and looked.text.count(MARK) == 1
    assert do(province, health, where.partition("?")[0], "withdraw").status_code == 303
    assert MARK not in get(province, health, LOOK).text


def test_ones_own_department_corrects_its_data_itself(province: Province) -> None:
    look = "/official/grounds/XH-2026-000124?dataset=rs_social_insurance&subject=1"
    assert ways(province, "sun/sun-rs", look) == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"evidence": ""}, "请附上证明材料"),
        ({"claimed": ""}, "请填写“应为”"),
        ({"field": "nothing"}, "没有数据项 nothing"),
        ({"row": "AAAA"}, "没有指明是哪一条记录"),
    ],
)
def test_what_is_missing_is_said(province: Province, said: dict[str, str], told: str) -> None:
    way = ways(province, "chen/chen-yb", LOOK)[3]
    status, answer = sent(province, "chen/chen-yb", way, **said)
    assert status == 422 and told.replace(" ", "") in answer.replace(" ", "")
    assert get(province, "chen/chen-yb", LOOK).text.count(MARK) == 0
