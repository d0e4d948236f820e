"""One licence of mine: what it says, its sealed file, a code to show it; nothing for others."""

import re
from datetime import timedelta

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.citizen.test_licences import PATH, changed, issued, licence, logged
from tests.test_portals.official.test_request import do as act
from tests.test_portals.official.test_request import get, post, words
from xihu_platform.credentials.checking import CheckedCredential, check_credential
from xihu_platform.credentials.identity import open_identity
from xihu_platform.credentials.register import status_list
from xihu_platform.credentials.seal import SealState
from xihu_platform.database import transaction

__all__ = ["acted_province"]  # a fixture


def made(province: Province, one: int, who: str = "wang", position: str = "") -> str:
    answer = post(province, who, f"{PATH}/{one}", [("position", position)])
    assert answer.status_code == 200, words(answer)
    assert answer.headers["cache-control"] == "no-store"
    (code,) = re.findall(r'class="licence-code"><code>(\w{4} \w{4})</code>', answer.text)
    return str(code)


def test_the_page_says_what_the_licence_says_and_where_it_came_from(province: Province) -> None:
    wang = province.citizen("wang")
    one = issued(province, wang.subject or "", "SP-2026-900001", "王若溪")
    said = words(get(province, "wang", f"{PATH}/{one.id}"))
    for word in ("食品经营许可证", "王若溪", "SP-2026-900001", "预包装食品销售", "2027年11月23日"):
        assert word in said
    english = words(get(province, "wang", f"{PATH}/{one.id}", "en"))
    assert "Food business licence" in english and "without the code" in english.lower()
    case = licence(province)
    assert f'href="/my/cases/{case.matter}"' in get(province, "wang", f"{PATH}/{case.id}").text
    assert f'href="{PATH}/{case.id}"' in get(province, "wang", f"/my/cases/{case.matter}").text


def test_page_file_and_code_are_not_there_for_anybody_else(province: Province) -> None:
    one = licence(province)
    for who in ("zhou", "zhao"):
        for address in (f"{PATH}/{one.id}", f"{PATH}/{one.id}/file"):
            answer = get(province, who, address)
            none = get(province, who, address.replace(str(one.id), "2000000000"))
            assert (answer.status_code, none.status_code) == (404, 404)
            told = [re.sub(r"请求编号 \w+", "", words(each)) for each in (answer, none)]
            assert told[0] == told[1] and one.number not in answer.text
        refused = post(province, who, f"{PATH}/{one.id}", [("position", "")])
        assert refused.status_code == 404


def test_each_look_is_in_the_log_first(province: Province) -> None:
    one = licence(province)
    before = len(logged(province))
    get(province, "wang", f"{PATH}/{one.id}")
    get(province, "zhou", f"{PATH}/{one.id}")
    made(province, one.id)
    new = [(each["did"], each["credential"]) for each in logged(province)[before:]]
    assert new == [("look", one.id), ("code", one.id), ("look", one.id)]


def test_a_code_is_not_made_from_another_session_or_for_somebody_else(province: Province) -> None:
    one = licence(province)
    wrong = post(province, "wang", f"{PATH}/{one.id}", [("position", "")], csrf="wrong")
    assert wrong.status_code == 422 and "licence-code" not in wrong.text
    firm = post(province, "wang", f"{PATH}/{one.id}", [("position", "firm:91339900202600012U")])
    assert firm.status_code == 409 and "您换了办事身份" in words(firm)


def test_a_fourth_code_within_a_minute_is_refused_in_words(province: Province) -> None:
    one = licence(province)
    assert len({made(province, one.id) for _ in range(3)}) == 3
    answer = post(province, "wang", f"{PATH}/{one.id}", [("position", "")])
    assert answer.status_code == 409 and "同时最多有 3 个亮证码" in words(answer)


def test_the_file_is_sealed_verifies_and_is_the_same_again(province: Province) -> None:
    one = licence(province)
    before = len(logged(province))
    answer = get(province, "wang", f"{PATH}/{one.id}/file")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    named = answer.headers["content-disposition"]
    assert named.startswith(f'attachment; filename="licence-{one.number}.pdf"')
    assert "filename*=UTF-8''%E8%80%81%E5%B9%B4" in named  # 老年
    assert [each["did"] for each in logged(province)[before:]] == ["file"]
    assert get(province, "wang", f"{PATH}/{one.id}/file").content == answer.content
    node = province.services.node
    ours = open_identity(node.settings, node.keyring)
    now, base = node.clock(), node.settings.base_url

    def checked() -> CheckedCredential:
        with transaction(node.database) as session:
            lists = [status_list(session, lambda: ours, base, n, now) for n in (1, 2)]
        return check_credential(answer.content, ours.trust, now + timedelta(minutes=1), lists)

    found = checked()
    assert found.seal.state is SealState.VALID and found.status == "current"
    changed(province, one, "revoked")
    after = checked()
    assert after.seal.state is SealState.VALID and after.status == "revocation"


def test_nothing_makes_files_before_one_is_asked_for(province: Province) -> None:
    services = province.services
    services._files.close()
    get(province, "wang", PATH)
    assert services._files._made is None
    one = licence(province)
    assert get(province, "wang", f"{PATH}/{one.id}/file").status_code == 200
    assert services._files._made is not None
    assert services.without(frozenset()).licence_files is services.licence_files


def test_the_holder_asks_for_deregistration_and_a_leader_decides(province: Province) -> None:
    one = licence(province)
    path = f"/my/licences/{one.id}"
    page = get(province, "wang", path)
    assert "申请注销这份证照" in words(page) and "注销后不能恢复" in words(page)
    assert "It does not come back" in words(get(province, "wang", path, "en"))
    form = page.text.rpartition(f'action="{path}"')[2].partition("</form>")[0]
    said = dict(re.findall(r'<input [^>]*name="([^"]+)"[^>]*value="([^"]*)"', form))
    said.pop("csrf")
    sent = [post(province, "wang", path, [*said.items(), ("why", "搬走了")]) for _ in range(2)]
    assert [one.status_code for one in sent] == [303, 303]
    assert sent[0].headers["location"] == sent[1].headers["location"]
    number = int(sent[0].headers["location"].rpartition("/")[2].partition("?")[0])
    again = get(province, "wang", path)
    assert "已申请注销，正在办理" in words(again) and f'href="/my/matters/{number}"' in again.text
    mine = words(get(province, "wang", f"/my/matters/{number}"))
    assert "搬走了" in mine and "已申请注销，待决定" in mine and "本地办理目标" in mine
    leader = "xhmz-leader/xhmz-leader"
    shown = get(province, leader, f"/official/matters/{number}")
    assert "搬走了" in words(shown) and one.number in words(shown)
    done = act(
        province, leader, f"/official/matters/{number}", "deregister", [("article", "第七十条")]
    )
    assert done.status_code == 303, words(done)
    after = words(get(province, "wang", path))
    assert "注销" in after and "申请注销这份证照" not in after
    assert "这份证照目前的状态：注销。" in words(get(province, "wang", f"/verify/{one.token}"))
