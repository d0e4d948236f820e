"""An office complains, or reports an incident: by whom, to whom, and with which words of error."""

import re

import httpx
import pytest

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_request import do, get, hidden, post, words

__all__ = ["acted_province"]  # a fixture
PATH = "/official/matters"
INCIDENT = [
    *(("severity", "grave"), ("nature", "leaked"), ("found_on", "2026-11-22")),
    *(("datasets", "rs_social_insurance"), ("persons", "120")),
    *(("account", "接口口令外泄"), ("measures", "已停用接口")),
]
FLAW = [pair for pair in INCIDENT if pair[0] in {"found_on", "account", "measures"}]


def sent(province: Province, who: str, kind: str, said: list[tuple[str, str]]) -> httpx.Response:
    path = f"{PATH}/new/{kind}"
    form = hidden(get(province, who, path), "open")
    form.pop("csrf")
    return post(province, who, path, [*form.items(), *said])


def place(answer: httpx.Response) -> str:
    assert answer.status_code == 303, words(answer)[:600]
    return answer.headers["location"].partition("?")[0]


def test_an_incident_from_the_inbox_to_its_end(province: Province) -> None:
    assert f'href="{PATH}/new/incident"' in get(province, "sun", PATH).text
    matter = place(sent(province, "sun", "incident", INCIDENT))
    inbox = words(get(province, "luo", PATH))
    assert "政务数据安全事件报告" in inbox and "等您办理：知悉" in inbox
    assert "政务数据安全事件报告" in words(get(province, "luo", "/official/notices"))
    page = words(get(province, "luo", matter))
    assert "职工社会保险缴费记录" in page and "接口口令外泄" in page and "2026年11月22日" in page
    update = get(province, "sun", matter).text.partition('id="form-update"')[2]
    assert "接口口令外泄" not in update.partition("</form>")[0], "a further report begins empty"
    assert do(province, "luo", matter, "acknowledge").status_code == 303
    assert do(province, "sun", matter, "contain", [("measures", "已更换口令")]).status_code == 303
    review = [("causes", "口令写在脚本里"), ("lessons", "改用证书")]
    assert do(province, "fang", matter, "review", review).status_code == 303
    assert do(province, "luo", matter, "close", [("result", "同意")]).status_code == 303
    assert "已办结" in words(get(province, "sun", matter))


def test_a_flaw_has_a_day_and_says_that_the_hours_run_from_the_finding(
    province: Province,
) -> None:
    form = words(get(province, "sun", f"{PATH}/new/vulnerability"))
    assert "最迟 2026年11月24日" in form
    assert "法律规定的 24 小时从发现时起算" in form
    matter = place(sent(province, "sun", "vulnerability", [*FLAW, ("severity", "high")]))
    assert "须在 24 小时内报有关主管部门" in words(get(province, "sun", matter))
    said = [("receiver", "cyberspace"), ("evidence", "WX-2026-9")]
    assert do(province, "sun", matter, "report_on", said).status_code == 303
    assert "已报有关主管部门，正在处置" in words(get(province, "luo", matter))


def test_an_office_complains_about_another_and_not_about_itself(province: Province) -> None:
    page = get(province, "chen", f"{PATH}/new/complaint")
    offered = re.findall(r'name="respondent" value="(\w+)"', page.text)
    assert "113399001001548082" not in offered and "113399001001041148" in offered
    said = [("respondent", "113399001001041148"), ("subject", "not_shared"), ("claim", "拖延共享")]
    matter = place(sent(province, "chen", "complaint", said))
    theirs = words(get(province, "luo", matter))
    assert "示例省西湖区民政局" in theirs and "拖延共享" in theirs
    assert get(province, "tang", matter).status_code == 404
    own = [("respondent", "113399001001548082"), *said[1:]]
    answer = sent(province, "chen", "complaint", own)
    assert answer.status_code == 422 and "不能由被投诉举报的单位自己提出" in words(answer)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"found_on": "2026-11-24"}, "发现日期 2026-11-24 在将来"),
        ({"found_on": ""}, "请填写“发现日期”"),
        ({"datasets": "nothing"}, "目录中没有数据集 nothing"),
        ({"persons": "many"}, "“涉及多少人”应为整数"),
        ({"account": ""}, "请填写“事件经过”"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    province: Province, change: dict[str, str], said: str
) -> None:
    kept = [pair for pair in INCIDENT if pair[0] not in change]
    answer = sent(province, "sun", "incident", [*kept, *change.items()])
    assert answer.status_code == 422 and said in words(answer)
    assert "已停用接口" in answer.text


@pytest.mark.parametrize("kind", ["opening_request", "sharing_request", "ground", "nothing"])
def test_other_kinds_are_not_opened_here(province: Province, kind: str) -> None:
    assert get(province, "sun", f"{PATH}/new/{kind}").status_code == 404


def test_who_may_not_report_is_told_and_offered_nothing(province: Province) -> None:
    luo = get(province, "luo", PATH).text
    assert f"{PATH}/new/incident" not in luo and f"{PATH}/new/complaint" in luo
    refused = get(province, "luo", f"{PATH}/new/incident")
    assert refused.status_code == 403 and "这一步由报告单位的其他职务办理" in words(refused)
    assert get(province, "wu", f"{PATH}/new/complaint").status_code == 403
