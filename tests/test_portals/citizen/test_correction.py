"""The way from a record on my data to a request for its correction."""

import re
from html import unescape

import httpx
import pytest

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_request import do, get, hidden, post, words
from xihu_catalog.sharing import corrections

__all__ = ["acted_province"]  # a fixture
DATA = "/my/data"
INSURANCE = "rs_social_insurance"


@pytest.fixture(autouse=True)
def nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """By chance: what is drawn is examined in test_corrections.py."""
    monkeypatch.setattr(corrections, "EXAMINED_ONE_IN", 1 << 62)


def ways(province: Province, who: str = "wang", dataset: str = INSURANCE) -> list[str]:
    """The links by which somebody says that a record is wrong, in the order of the page."""
    page = get(province, who, DATA)
    assert page.status_code == 200, words(page)[:400]
    found = re.findall(rf'href="({DATA}/{dataset}/correction\?row=[^"]+)"', page.text)
    return [unescape(one) for one in found]


def marks(answer: httpx.Response) -> int:
    """How many values are being verified."""
    return answer.text.count('class="verifying-mark"')


def sent(province: Province, way: str, who: str = "wang", **said: str) -> tuple[int, str]:
    """The status and what the page says, or where it leads."""
    form = hidden(get(province, who, way), "open")
    form.pop("csrf", None)
    given = {"field": "wage_base_cny", "claimed": "8000", "reason": "与工资条不符"} | said
    answer = post(province, who, way.partition("?")[0], [*(form | given).items()])
    return answer.status_code, answer.headers.get("location") or words(answer)


def test_a_person_says_what_is_wrong_and_everybody_who_may_see_it_is_told(
    province: Province,
) -> None:
    first = ways(province)[0]
    form = get(province, "wang", first)
    assert form.status_code == 200
    assert "缴费基数" in words(form) and "公民身份号码" not in words(form)
    before = marks(get(province, "wang", DATA))
    look = "/official/grounds/XH-2026-000124?dataset=rs_social_insurance&subject=1"
    seen = marks(get(province, "sun/sun-rs", look))
    status, where = sent(province, first)
    assert status == 303 and where.startswith("/my/matters/")
    # on the record, and on the one that is made of it
    assert marks(get(province, "wang", DATA)) == before + 2
    assert marks(get(province, "sun/sun-rs", look)) == seen + 1
    status, said = sent(province, ways(province)[0], claimed="9000")
    assert status == 409 and "正在核实中" in said and "9000" not in said.partition("应该是什么")[0]


def test_what_is_missing_is_said_and_nothing_is_marked(province: Province) -> None:
    way = ways(province)[1]
    marked = marks(get(province, "wang", DATA))
    for said, told in (
        ({"claimed": ""}, "请填写“应该是什么”"),
        ({"reason": ""}, "请写明理由"),
        ({"field": "nothing"}, "没有数据项 nothing"),
        ({"field": ""}, "请填写“哪一项有误”"),
        ({"papers": "339999198804120289"}, "不要填证件号码"),
    ):
        status, answer = sent(province, way, **said)
        assert status in {409, 422}, (said, answer[:300])
        assert told.replace(" ", "") in answer.replace(" ", ""), (said, answer[:900])
    assert marks(get(province, "wang", DATA)) == marked


def test_nobody_names_a_record_that_they_were_not_shown(province: Province) -> None:
    way = ways(province)[1]
    for who, path in (
        ("zhao", way),  # another person's reference
        ("wang", way.replace(INSURANCE, "ga_residents")),  # for another dataset
        ("wang", way[:-4] + "AAAA"),
        ("wang", way.partition("?")[0]),
        ("wang", way.partition("?")[0] + "?row=" + "A" * 3000),
    ):
        answer = get(province, who, path)
        assert answer.status_code in {403, 422}, (path[:80], answer.status_code)
        assert "核实中" not in words(answer)


def test_the_steward_takes_it_up_and_finds_it_right(province: Province) -> None:
    _, where = sent(province, ways(province)[2], field="state", claimed="paid")
    number = where.partition("?")[0].rpartition("/")[2]
    path = f"/official/matters/{number}"
    page = get(province, "he/he-rs", path)
    assert "个人信息更正申请" in words(page) and "核实中" in words(page)
    assert do(province, "he/he-rs", path, "take_up").status_code == 303
    ground = f"/official/grounds/PC-{int(number):06d}"
    looked = get(province, "he/he-rs", f"{ground}?dataset={INSURANCE}&subject=1")
    assert looked.status_code == 200 and "核实中" in words(looked)
    assert "数据管理员" in words(get(province, "wang", "/my/uses"))
    said = [
        ("reason", "与缴费台账一致"),
        ("article", "《社会保险法》第六十条"),
        ("evidence", "RS-2026-8"),
    ]
    assert do(province, "he/he-rs", path, "keep", said).status_code == 303
    over = get(province, "he/he-rs", f"{ground}?dataset={INSURANCE}&subject=1")
    assert over.status_code == 422 and "不开放该数据集" in words(over)
    way = ways(province)[2]
    status, told = sent(province, way, field="state", claimed="paid")
    assert status == 409 and "同样的材料已经核实过" in told
    status, _ = sent(province, way, field="state", claimed="paid", papers="GZ-2026-3")
    assert status == 303
