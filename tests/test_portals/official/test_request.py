"""A department asks for data of another, on the portal, to the first read and to its end."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import httpx
import pytest

from tests import asking
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.api.callers import Call, send
from xihu_platform.access.decision import Allow, Deny
from xihu_platform.access.policy import Purpose
from xihu_platform.clock import civil_date

__all__ = ["acted_province"]  # a fixture

INSURANCE, TASKS, OWN = "rs_social_insurance", "sg_inspections", "rs_social_insurance"
AID = "mz_aid_recipients"


SURVEY = "tj_household_survey"
"""Shared with nobody: the Statistics Law, art. 28."""


def get(province: Province, who: str, path: str, language: str = "zh") -> httpx.Response:
    mark = "&" if "?" in path else "?"
    return send(province, Call("GET", f"{path}{mark}lang={language}", "", who), "right")


def post(
    province: Province, who: str, path: str, said: list[tuple[str, str]], *, csrf: str = "{csrf}"
) -> httpx.Response:
    # the braces of {csrf} stay as they are: the sender puts the session's token there
    form = "&".join([f"csrf={csrf}", urlencode(said)])
    return send(province, Call("POST", path, form, who), "right")


def words(answer: httpx.Response) -> str:
    text = re.sub(r"<(script|style).*?</\1>", "", answer.text, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)))


def hidden(answer: httpx.Response, event: str) -> dict[str, str]:
    """The hidden values of the form of an event."""
    form = answer.text.partition(f'id="form-{event}"')[2].partition("</form>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def do(
    province: Province,
    who: str,
    path: str,
    event: str,
    said: list[tuple[str, str]] | None = None,
) -> httpx.Response:
    """Fill in and send the form of an event on the page of a matter."""
    given = hidden(get(province, who, path), event)
    given.pop("csrf")
    return post(province, who, path, [*given.items(), *(said or [])])


def filled(province: Province, dataset: str) -> list[tuple[str, str]]:
    pairs = []
    for name, value in asking.values(province, dataset).items():
        pairs += [(name, one) for one in (value if isinstance(value, list) else [str(value)])]
    return pairs


def written(province: Province, dataset: str, who: str = "chen") -> httpx.Response:
    path = f"/official/datasets/{dataset}/request"
    given = hidden(get(province, who, path), "open")
    given.pop("csrf")
    return post(province, who, path, [*given.items(), *filled(province, dataset)])


def decided(province: Province, position: str, dataset: str) -> Allow | Deny:
    who = province.official("chen", position)
    return province.services.gateway.decide(who, dataset, Purpose("duty"))


def test_the_page_says_what_happens_and_ticks_what_was_refused(province: Province) -> None:
    dataset = get(province, "chen", f"/official/datasets/{INSURANCE}")
    assert f'href="/official/datasets/{INSURANCE}/request"' in dataset.text
    page = get(province, "chen", f"/official/datasets/{AID}/request")
    text = words(page)
    assert "申请使用：社会救助对象信息" in text
    assert "示例省民政厅在 10 个工作日内答复" in text
    fields = province.services.catalogue.contracts.get(AID).fields
    assert len(re.findall(r'name="fields" value="\w+" checked', page.text)) == len(fields)
    english = words(get(province, "chen", f"/official/datasets/{AID}/request", "en"))
    assert "answers within 10 working days, by" in english


def test_a_ground_s_link_ticks_the_fields_that_it_names_and_no_other(province: Province) -> None:
    path = f"/official/datasets/{AID}/request"
    names = [one.name for one in province.services.catalogue.contracts.get(AID).fields]
    asked = urlencode([("fields", one) for one in (names[1], names[0], "no_such_field", "<i9>")])
    page = get(province, "chen", f"{path}?{asked}")
    assert re.findall(r'name="fields" value="(\w+)" checked', page.text) == names[:2]
    assert "no_such_field" not in words(page) and "<i9>" not in page.text
    many = get(province, "chen", f"{path}?{urlencode([('fields', 'x')] * 201)}")
    assert many.status_code == 422 and "Traceback" not in many.text


def test_from_the_request_to_the_first_read_and_to_its_end(province: Province) -> None:
    assert isinstance(decided(province, "chen-xihu", INSURANCE), Deny)
    answer = written(province, INSURANCE)
    assert answer.status_code == 303
    path = answer.headers["location"].partition("?")[0]
    draft = words(get(province, "chen", path))
    assert "草稿" in draft and "还没有提交，只有本单位看得到" in draft
    assert get(province, "sun", path).status_code == 404, "a draft is nobody else's"
    assert do(province, "chen", path, "submit").status_code == 303
    assert do(province, "ding", path, "approve_inside").status_code == 303
    waiting = words(get(province, "sun", "/official/matters"))
    assert "职工社会保险缴费记录" in waiting and "提供部门审核" in waiting
    assert do(province, "sun", path, "assess", [("opinion", "机密意见")]).status_code == 303
    assert "机密意见" in words(get(province, "fang", path))
    assert "机密意见" not in words(get(province, "chen", path))
    assert "现由示例省人力资源和社会保障厅办理" in words(get(province, "chen", path))
    assert decided(province, "chen-xihu", INSURANCE).reason.code == "grant_needed"  # type: ignore[union-attr]
    assert do(province, "fang", path, "agree").status_code == 303
    opened = decided(province, "chen-xihu", INSURANCE)
    assert isinstance(opened, Deny) and opened.reason.code == "per_case"
    page = words(get(province, "chen", f"/official/datasets/{INSURANCE}"))
    assert re.search(r"本单位对这个数据集的申请： .*SR-\d{6} 使用中", page)
    stop = [("reason", "数据质量核查"), ("article", "《政务数据共享条例》第二十六条")]
    assert do(province, "fang", path, "suspend", stop).status_code == 303
    assert decided(province, "chen-xihu", INSURANCE).reason.code == "grant_needed"  # type: ignore[union-attr]
    assert do(province, "fang", path, "resume").status_code == 303
    assert do(province, "chen", path, "finish", [("reason", "审核已完成")]).status_code == 303
    assert do(province, "chen", path, "certify", [("evidence", "D-2026-9")]).status_code == 303
    assert do(province, "sun", path, "confirm_disposal").status_code == 303
    assert "已处置" in words(get(province, "chen", "/official/matters?box=closed"))


def test_unconditional_data_is_registered_at_once_where_the_provider_consents(
    province: Province,
) -> None:
    assert decided(province, "chen-xihu", TASKS).reason.code == "registration_needed"  # type: ignore[union-attr]
    page = words(get(province, "chen", f"/official/datasets/{TASKS}/request"))
    assert "已在契约中同意" in page
    path = written(province, TASKS).headers["location"].partition("?")[0]
    do(province, "chen", path, "submit")
    head = get(province, "ding", path)
    assert 'id="form-register"' in head.text and 'id="form-approve_inside"' not in head.text
    assert do(province, "ding", path, "register").status_code == 303
    assert isinstance(decided(province, "chen-xihu", TASKS), Allow)
    assert do(province, "chen", path, "finish").status_code == 303
    assert isinstance(decided(province, "chen-xihu", TASKS), Deny)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"basis": ""}, "请填写“使用依据”"),
        ({"scene": "　"}, "请填写“使用场景”"),
        ({"until": "2020-01-01"}, "使用期限 2020-01-01 已过"),
        ({"until": "2099-01-01"}, "使用期限最长 5 年"),
        ({"until": "明年"}, "“使用时限”应为日期，如 2026-12-31"),
        ({"fields": "nothing"}, "没有字段 nothing"),
        ({"fields": ""}, "请填写“数据项”"),
        ({"method": "fax"}, "“共享方式”不在可选之列：在门户页面上查询"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_that_was_typed_is_lost(
    province: Province, change: dict[str, str], said: str
) -> None:
    path = f"/official/datasets/{INSURANCE}/request"
    given = hidden(get(province, "chen", path), "open")
    given.pop("csrf")
    form = [one for one in filled(province, INSURANCE) if one[0] not in change]
    answer = post(province, "chen", path, [*given.items(), *form, *change.items()])
    assert answer.status_code == 422
    assert said in words(answer)
    if "scene" not in change:
        assert "核对家庭成员参保情况" in answer.text
    assert hidden(answer, "open")["key"] == given["key"]


def test_the_same_form_five_times_is_one_request(province: Province) -> None:
    path = f"/official/datasets/{INSURANCE}/request"
    given = hidden(get(province, "chen", path), "open")
    given.pop("csrf")
    form = [*given.items(), *filled(province, INSURANCE)]
    places = {post(province, "chen", path, form).headers["location"] for _ in range(5)}
    assert len(places) == 1
    other = [pair for pair in form if pair[0] != "scene"]
    changed = post(province, "chen", path, [*other, ("scene", "别的")])
    assert changed.status_code == 422 and "内容不同" in words(changed)


def test_own_data_what_is_not_shared_and_overseers_have_no_way_to_ask(province: Province) -> None:
    own = get(province, "sun", f"/official/datasets/{OWN}/request")
    assert own.status_code == 409 and "由本部门提供，无需申请" in words(own)
    refused = get(province, "chen", f"/official/datasets/{SURVEY}/request")
    assert refused.status_code == 422
    assert "不予共享" in words(refused) and "《统计法》第二十八条" in words(refused)
    for who, dataset in (("sun", OWN), ("chen", SURVEY), ("ding", INSURANCE)):
        page = get(province, who, f"/official/datasets/{dataset}")
        assert f"/official/datasets/{dataset}/request" not in page.text
        if dataset == SURVEY:
            assert "该数据集不予共享" in words(page) and "《统计法》第二十八条" in words(page)
    asked = get(province, "ding", f"/official/datasets/{INSURANCE}/request")
    assert asked.status_code == 403 and "申请由经办人员或数据管理员填写" in words(asked)


def test_without_its_token_a_form_is_nothing(province: Province) -> None:
    path = f"/official/datasets/{INSURANCE}/request"
    form = [("key", asking.key()), ("position", "chen-xihu"), *filled(province, INSURANCE)]
    answer = post(province, "chen", path, form, csrf="wrong")
    assert answer.status_code == 422 and "表单已失效" in words(answer)


def test_the_grants_fields_are_those_of_the_request(province: Province) -> None:
    """The page, the decision and the gateway say the same: 20 requests of other fields each."""
    names = [one.name for one in province.services.catalogue.contracts.get(TASKS).fields]
    for number in range(len(names)):
        chosen = set(names[number:] if number % 2 else names[: number + 1])
        matter = asking.draft(province, TASKS)
        until = civil_date(province.services.node.clock()) + timedelta(days=9)
        said = asking.values(province, TASKS) | {
            "fields": sorted(chosen),
            "until": until.isoformat(),
        }
        asking.act(province, matter, "chen", "chen-xihu", "amend", said)
        asking.act(province, matter, "chen", "chen-xihu", "submit")
        asking.act(province, matter, "ding", "ding-xihu", "register")
        opened = decided(province, "chen-xihu", TASKS)
        assert isinstance(opened, Allow)
        decision = {one.name for one in opened.fields if one.treatment is not None}
        assert decision == chosen
        page = province.services.gateway.read_page(
            province.official("chen", "chen-xihu"),
            TASKS,
            Purpose("duty"),
            asking.everything(),
            limit=1,
        )
        assert set(page.table.column_names) == chosen
        asking.act(province, matter, "chen", "chen-xihu", "finish")
