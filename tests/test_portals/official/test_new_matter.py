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
    others = offered(page, "respondent")
    assert "113399001001548082" not in others and "113399001001041148" in others
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
    assert "数据管理员" in words(refused), "duties by their names"
    assert not re.search("handler|sharing_head|steward", words(refused))
    assert get(province, "wu", f"{PATH}/new/complaint").status_code == 403


def offered(page: httpx.Response, name: str) -> list[str]:
    """What there is to choose: radios, or the options of a select."""
    select = re.search(rf'<select[^>]*name="{name}".*?</select>', page.text, re.S)
    if select is not None:
        return [one for one in re.findall(r'<option value="(\w*)"', select[0]) if one]
    return re.findall(rf'name="{name}" value="(\w+)"', page.text)


def test_more_than_eight_choices_are_a_list_to_open_and_type_in(province: Province) -> None:
    form = get(province, "chen", f"{PATH}/new/complaint").text
    select = form.partition('name="respondent"')[2].partition("</select>")[0]
    assert select.count("<option") > 9 and '<option value="">请选择</option>' in select
    assert form.count('type="radio" name="subject"') == 6


NEED = [("items", "姓名\n等级"), ("purpose", "《老年人权益保障法》第三十七条，高龄津贴审核")]
AID = "mz_aid_recipients"


def typed(page: httpx.Response, name: str) -> str:
    """What an input or a text of the form is filled with."""
    found = re.search(rf'name="{name}"[^>]*>([^<]*)</textarea>', page.text)
    return found[1] if found else ""


def test_a_need_from_the_empty_catalogue_to_the_request(province: Province) -> None:
    empty = get(province, "chen", "/official/catalogue?q=照护等级评估表")
    way = f"{PATH}/new/data_need?q=%E7%85%A7%E6%8A%A4%E7%AD%89%E7%BA%A7%E8%AF%84%E4%BC%B0%E8%A1%A8"
    assert f'href="{way}"' in empty.text
    form = get(province, "chen", way)
    assert typed(form, "what") == typed(form, "searched") == "照护等级评估表"
    assert "核对数据需求最迟 2026年12月7日（本地办理目标，非法定期限）" in words(form)
    said = [("what", "老人的照护等级"), ("searched", "照护等级评估表"), *NEED]
    matter = place(sent(province, "chen", "data_need", said))
    again = words(get(province, "chen", f"{PATH}/new/data_need?q=照护等级"))
    assert "本部门已提出、正在办理的数据需求" in again and "老人的照护等级" in again
    assert "主管部门核对 · 示例省数据局" in again
    assert "老人的照护等级" not in words(get(province, "sun", f"{PATH}/new/data_need?q=照护等级"))
    twice = sent(province, "chen", "data_need", said)
    assert twice.status_code == 409 and "本部门已提出同样的数据需求" in words(twice)

    checked = get(province, "luo", matter)
    assert "照护等级评估表" in words(checked)
    # whoever has a steward or a head of sharing, but for chen's own 113399001001548082
    assert set(offered(checked, "department")) == {
        "113399001001041148",
        "1133990010010822X9",
        "11339900100102741M",
        "11339900100156133C",
        "113399001001000094",
        "11339900100101378G",
        "11339900100105483L",
        "11339900100106857U",
        "11339900100109599T",
        "113399001001109609",
        "11339900100112333U",
        "113399001001137073",
        "11339900100115075T",
        "113399001001164492",
        "113399001001178127",
        "11339900100119180Y",
        "11339900100120552F",
        "11339900100121926N",
        "11339900100123294E",
    }
    named = [("department", "11339900100102741M"), ("because", "designated")]
    assert do(province, "luo", matter, "designate", named).status_code == 303
    theirs = words(get(province, "chen", matter))
    assert "示例省人力资源和社会保障厅" in theirs and "等待编目" in theirs
    steps = get(province, "sun", matter)
    entries = offered(steps, "met_by")
    assert f'href="{PATH}/new/catalogue_entry"' in steps.text and "编制目录条目" in words(steps)
    assert f'href="{PATH}/new/catalogue_entry"' not in checked.text
    assert entries and all(one.startswith("rs_") for one in entries)
    objected = [("reason", "由民政部门采集")]
    assert do(province, "sun", matter, "object", objected).status_code == 303
    assert do(province, "luo", matter, "point", [("met_by", AID)]).status_code == 303

    page = get(province, "chen", matter)
    (number,) = re.findall(r"\d+$", matter)
    assert "目录中已有" in words(page)
    request = f"/official/datasets/{AID}/request?need={number}"
    assert f'href="{request}"' in page.text
    assert f'href="{request}"' not in get(province, "luo", matter).text
    prefilled = get(province, "chen", request)
    assert typed(prefilled, "basis") == "《老年人权益保障法》第三十七条，高龄津贴审核"
    assert typed(prefilled, "scene") == "老人的照护等级"
    hidden_values = hidden(prefilled, "open")
    hidden_values.pop("csrf")
    rest = [("basis", "依据"), ("scene", "场景"), ("scope", "本区"), ("method", "page")]
    rest += [("until", "2027-06-30"), ("fields", "name")]
    opened = place(post(province, "chen", request, [*hidden_values.items(), *rest]))
    assert f'href="{matter}"' in get(province, "chen", opened).text


def test_lists_and_titles_say_what_is_needed_to_those_who_take_part(province: Province) -> None:
    said = [("what", "残疾人辅具补贴发放记录"), *NEED]
    matter = place(sent(province, "chen", "data_need", said))
    page = get(province, "luo", matter)
    title = page.text.partition("<title>")[2].partition("</title>")[0]
    assert "数据需求：残疾人辅具补贴发放记录" in title
    heading = page.text.partition("<h1>")[2].partition("</h1>")[0]
    assert "残疾人辅具补贴发放记录" in heading
    assert "姓名<br>等级" in page.text
    assert "残疾人辅具补贴发放记录" in words(get(province, "luo", PATH))
    for way in (PATH, "/official/notices", "/official/"):
        assert "残疾人辅具补贴发放记录" not in words(get(province, "tang", way))
    named = [("department", "11339900100102741M"), ("because", "collects")]
    assert do(province, "luo", matter, "designate", named).status_code == 303
    assert "残疾人辅具补贴发放记录" in words(get(province, "chen", "/official/notices"))


def test_nobody_begins_a_request_from_a_need_of_others(province: Province) -> None:
    matter = place(sent(province, "sun", "data_need", [("what", "公交刷卡"), *NEED]))
    (number,) = re.findall(r"\d+$", matter)
    request = f"/official/datasets/{AID}/request"
    assert get(province, "chen", f"{request}?need={number}").status_code == 404
    form = hidden(get(province, "chen", request), "open")
    form.pop("csrf")
    answer = post(province, "chen", f"{request}?need={number}", list(form.items()))
    assert answer.status_code == 404
    assert get(province, "sun", f"{request}?need={number}").status_code == 200
    assert get(province, "tang", matter).status_code == 404


def test_what_was_found_or_is_narrowed_leads_to_no_need(province: Province) -> None:
    for asked in ("q=人口", "q=", "q=照护等级评估表&topic=health"):
        assert "data_need" not in get(province, "chen", f"/official/catalogue?{asked}").text
    nobody = get(province, "wu", "/official/catalogue?q=照护等级评估表")
    assert nobody.status_code == 200 and "data_need" not in nobody.text
