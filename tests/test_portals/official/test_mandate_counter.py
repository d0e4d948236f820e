"""窗口登记授权: an official types the code and the document's number, a colleague confirms."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import delete, select

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.citizen.test_mandates import AGENT, asked
from tests.test_portals.official.test_request import do, get, hidden, post, words
from xihu_platform.database import transaction
from xihu_platform.identity.mandates import mandates_held
from xihu_platform.identity.models import MandateRequestRow, MandateRow
from xihu_platform.matters.models import MatterEventRow

__all__ = ["acted_province"]  # a fixture
PATH = "/official/mandates/new"
FIRST, SECOND = "xxjd-cases-1/xxjd-cases-1", "xxjd-cases-2/xxjd-cases-2"
NUMBER = "339999195506150320"


@pytest.fixture(autouse=True)
def nothing_is_left(province: Province) -> Iterator[None]:
    province.services.gateway.limits._buckets.clear()
    yield
    with transaction(province.services.node.database) as session:
        session.execute(delete(MandateRow).where(MandateRow.matter != 0))
        session.execute(delete(MandateRequestRow))


def typed(province: Province, who: str = FIRST, **changed: str) -> list[tuple[str, str]]:
    page = get(province, who, PATH)
    given = dict(re.findall(r'type="hidden" name="(key|position)" value="([^"]*)"', page.text))
    said = {"code": "", "document": NUMBER, "name": "许桂英", "paper": "SQ-2026-031"}
    return [*given.items(), *(said | changed).items()]


def test_a_colleague_confirms_what_one_has_typed(province: Province) -> None:
    form = typed(province, code=asked(province))
    sent = [post(province, FIRST, PATH, form) for _ in range(2)]
    assert [one.status_code for one in sent] == [303, 303], words(sent[0])
    assert sent[0].headers["location"] == sent[1].headers["location"]
    path = sent[0].headers["location"].partition("?")[0]
    matter = int(path.rpartition("/")[2])
    assert not hidden(get(province, FIRST, path), "confirm")
    checked = words(get(province, SECOND, path))
    assert "授权人姓名 许桂英" in checked and "最低生活保障边缘家庭认定" in checked
    assert "代办人姓名 王若溪" in checked  # whose code it was: the paper names them too
    with transaction(province.services.node.database) as session:
        events = session.scalars(select(MatterEventRow).where(MatterEventRow.matter == matter))
        assert NUMBER not in str([one.data for one in events])
    done = do(province, SECOND, path, "confirm")
    assert done.status_code == 303, words(done)
    with transaction(province.services.node.database) as session:
        held = mandates_held(session, province.citizen(AGENT).id)
    assert [one.name_zh for one in held if one.matter == matter] == ["许桂英"]
    end = [("reason", "授权人本人到窗口"), ("evidence", "SQ-2026-032")]
    assert do(province, FIRST, path, "withdraw_at_counter", end).status_code == 303


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"code": "22222222"}, 403, "授权码不能用"),
        ({"document": "339999195506150321"}, 422, "证件号码不对"),
        ({"document": "339999201409070060"}, 409, "未满十八周岁"),
        ({"paper": ""}, 422, "授权委托书编号"),
        ({"name": ""}, 422, "授权人姓名"),
    ],
)
def test_what_is_wrong_is_said_and_the_number_is_typed_anew(
    province: Province, changed: dict[str, str], status: int, said: str
) -> None:
    answer = post(province, FIRST, PATH, typed(province, **({"code": asked(province)} | changed)))
    assert answer.status_code == status
    document = changed.get("document", NUMBER)
    assert said in words(answer) and document not in answer.text


def test_an_office_without_a_counter_registers_none(province: Province) -> None:
    page = get(province, "sun", PATH)
    assert "设服务窗口" in words(page) and 'name="document"' not in page.text
    said = [("position", "sun-rs"), ("key", "no-counter-1"), ("code", "22222222")]
    assert post(province, "sun", PATH, [*said, ("document", NUMBER)]).status_code == 403
