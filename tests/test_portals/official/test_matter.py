"""The page of a matter: each party's own, each day explained, each refusal with its article."""

import re

import orjson
import pytest
from sqlalchemy import select

from tests import asking
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_request import do, get, hidden, post, words
from xihu_platform.audit.log import LogEntry
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction

__all__ = ["acted_province"]  # a fixture

PATH = "/official/matters"


def test_it_says_who_has_it_until_when_and_why(province: Province) -> None:
    matter = asking.sent(province)
    text = words(get(province, "chen", f"{PATH}/{matter}"))
    assert "提供部门审核" in text and "现由示例省人力资源和社会保障厅办理，自" in text
    assert "您现在不用做什么" not in text, "the requester may withdraw it"
    assert "《政务数据共享条例》第二十一条" in text
    assert "起算日，不计入" in text and "第 10 个工作日" in text
    english = words(get(province, "chen", f"{PATH}/{matter}", "en"))
    assert "day zero, not counted" in english and "number 10" in english


def test_each_party_is_offered_its_own_steps(province: Province) -> None:
    matter = asking.sent(province)
    offered = {
        who: set(re.findall(r'id="form-(\w+)"', get(province, who, f"{PATH}/{matter}").text))
        for who in ("chen", "ding", "sun", "he", "fang", "luo")
    }
    assert offered == {
        "chen": {"withdraw"},
        "ding": set(),
        "sun": {"assess", "ask_completion", "ask_extension"},
        "he": {"assess", "ask_completion", "ask_extension"},
        "fang": set(),
        "luo": set(),
    }
    assert "您现在不用做什么" in words(get(province, "fang", f"{PATH}/{matter}"))


@pytest.mark.parametrize("who", ["tang", "gao", "zhou", "lin", "wu"])
def test_to_everybody_else_there_is_none(province: Province, who: str) -> None:
    """The data bureau's own chief data officers are of the authority, and see it."""
    matter = asking.sent(province)
    status = get(province, who, f"{PATH}/{matter}").status_code
    assert status == (200 if who in {"zhou", "lin"} else 404)
    known = words(get(province, who, f"{PATH}/999999"))
    assert f"没有编号为 {999999} 的事项" in known


def test_what_is_refused_says_its_article_and_keeps_what_was_typed(province: Province) -> None:
    matter = asking.sent(province)
    asking.act(province, matter, "sun", "sun-rs", "assess", {"opinion": "好"})
    path = f"{PATH}/{matter}"
    without = do(province, "fang", path, "refuse", [("reason", "与职责无关")])
    assert without.status_code == 422
    assert "请写明法条（《政务数据共享条例》" in words(without)
    assert "与职责无关" in without.text
    assert hidden(without, "refuse")["key"]
    refused = [("reason", "与职责无关"), ("article", "《政务数据共享条例》第二十一条")]
    assert do(province, "fang", path, "refuse", refused).status_code == 303
    seen = words(get(province, "chen", path))
    assert "不同意共享" in seen and "与职责无关" in seen and "第二十一条" in seen


def test_who_comes_second_is_told_and_loses_nothing(province: Province) -> None:
    matter = asking.sent(province)
    path = f"{PATH}/{matter}"
    form = hidden(get(province, "he", path), "assess")
    form.pop("csrf")
    assert do(province, "sun", path, "assess", [("opinion", "第一个")]).status_code == 303
    second = post(province, "he", path, [*form.items(), ("opinion", "第二个意见")])
    assert second.status_code == 409
    assert "有了变化" in words(second) and "提供部门负责人签批" in words(second)


def test_an_extension_needs_consent_and_moves_the_day(province: Province) -> None:
    matter = asking.sent(province)
    path = f"{PATH}/{matter}"
    before = words(get(province, "chen", path))
    asked = [("extension", "5"), ("reason", "需会商")]
    assert do(province, "sun", path, "ask_extension", asked).status_code == 303
    assert 'name="extension" type="number"' in get(province, "luo", path).text
    assert do(province, "luo", path, "consent_extension", [("extension", "5")]).status_code == 303
    after = words(get(province, "chen", path))
    assert "已延长 5" in after
    assert re.findall(r"申请：最迟 (\d+年\d+月\d+日)", before) != re.findall(
        r"申请：最迟 (\d+年\d+月\d+日)", after
    )


@pytest.mark.parametrize(
    "form",
    [
        [("event", "nothing")],
        [("event", "withdraw"), ("key", "short")],
        [("event", "withdraw"), ("key", "withdraw-0001"), ("version", "x")],
        [("event", "withdraw"), ("key", "withdraw-0002"), ("version", "-1")],
        [("event", "ask_extension"), ("key", "withdraw-0003"), ("extension", "9" * 400)],
        [],
    ],
)
def test_a_form_of_somebody_elses_making_is_refused(
    province: Province, form: list[tuple[str, str]]
) -> None:
    matter = asking.sent(province)
    here = [("position", "chen-xihu")]
    answer = post(province, "chen", f"{PATH}/{matter}", [*here, *form])
    assert answer.status_code in {403, 409, 422}
    assert "提供部门审核" in words(get(province, "chen", f"{PATH}/{matter}"))


def test_what_a_draft_said_before_it_was_changed_is_nobodys(province: Province) -> None:
    matter = asking.draft(province)
    said = asking.values(province, asking.INSURANCE) | {"basis": "废弃的依据", "fields": ["name"]}
    asking.act(province, matter, "chen", "chen-xihu", "amend", said)
    last = said | {"basis": "最后的依据", "fields": ["state"]}
    asking.act(province, matter, "chen", "chen-xihu", "amend", last)
    asking.act(province, matter, "chen", "chen-xihu", "submit")
    asking.act(province, matter, "ding", "ding-xihu", "approve_inside")
    for who in ("chen", "fang", "luo"):
        text = words(get(province, who, f"{PATH}/{matter}"))
        assert "最后的依据" in text and "缴费状态（L2）" in text
        assert "废弃的依据" not in text and "姓名（L3）" not in text


def test_what_was_typed_stays_where_its_step_is_gone(province: Province) -> None:
    matter = asking.draft(province)
    path = f"{PATH}/{matter}"
    form = hidden(get(province, "chen", path), "amend")
    form.pop("csrf")
    asking.act(province, matter, "chen", "chen-xihu", "submit")
    answer = post(province, "chen", path, [*form.items(), ("basis", "写了很久的依据")])
    assert answer.status_code == 409
    assert "写了很久的依据" in words(answer)


def test_a_form_of_another_position_is_not_taken(province: Province) -> None:
    matter = asking.sent(province)
    path = f"{PATH}/{matter}"
    form = hidden(get(province, "sun", path), "assess") | {"position": "he-rs"}
    form.pop("csrf")
    answer = post(province, "sun", path, [*form.items(), ("opinion", "意见")])
    assert answer.status_code == 409 and "换了岗位" in words(answer)


def test_no_more_time_is_asked_for_than_the_law_gives(province: Province) -> None:
    matter = asking.sent(province)
    path = f"{PATH}/{matter}"
    asked = [("extension", "11"), ("reason", "会商")]
    answer = do(province, "sun", path, "ask_extension", asked)
    assert answer.status_code == 422 and "最多 10" in words(answer)
    assert 'id="form-consent_extension"' not in get(province, "luo", path).text


def test_a_step_that_is_somebody_elses_is_refused_and_in_the_log(province: Province) -> None:
    matter = asking.sent(province)
    path = f"{PATH}/{matter}"
    form = [("event", "assess"), ("key", asking.key()), ("position", "fang-rs"), ("version", "3")]
    answer = post(province, "fang", path, [*form, ("opinion", "意见")])
    assert answer.status_code == 403 and "其他职务" in words(answer)
    province.services.log.record(LogEntry("outcome", "0" * 32, "-", None, {}))  # behind it
    query = select(AuditEntry).where(AuditEntry.kind == "refusal", AuditEntry.dataset == "matters")
    with transaction(province.services.node.database) as session:
        bodies = [orjson.loads(one.body) for one in session.scalars(query)]
    assert "matter_duty" in {one["reason"] for one in bodies}
