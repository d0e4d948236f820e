"""我的授权与代办: one asks by a code, the other sees it and agrees, either side ends it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import delete, select, update

from tests import casing
from tests.asking import acted_province
from tests.province import NOW, Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.official.test_request import get, post, words
from xihu_platform.audit.models import AuditEntry
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.models import MandateRequestRow, MandateRow, PersonRow
from xihu_platform.identity.people import list_mandates, mandate_id
from xihu_platform.identity.principal import Principal

__all__ = ["acted_province"]  # a fixture
PATH = "/my/mandates"
AGENT, MOTHER = "wang", "guiying"


def fields(answer: httpx.Response, act: str) -> dict[str, str]:
    """The hidden values of the first form of an act."""
    for form in re.findall(r'<form [^>]*action="/my/mandates">(.*?)</form>', answer.text, re.S):
        found = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        if found.get("act") == act:
            found.pop("csrf")
            return found
    raise AssertionError(act)


def do(
    province: Province, who: str, act: str, said: list[tuple[str, str]] | None = None
) -> httpx.Response:
    given = fields(get(province, who, PATH), act)
    return post(province, who, PATH, [*given.items(), *(said or [])])


def code_of(answer: httpx.Response) -> str:
    found = re.search(r'licence-code"><code>(\w{4} \w{4})<', answer.text)
    assert found is not None, words(answer)
    return found[1]


def asked(province: Province, *services: str, until: str | None = None) -> str:
    said = [("services", one) for one in services or ("low_income",)]
    return code_of(do(province, AGENT, "ask", [*said, ("until", until or _until(province))]))


def _until(province: Province) -> str:
    page = get(province, AGENT, PATH).text
    found = re.search(r'id="ask-until"[^>]*value="([\d-]+)"', page)
    assert found is not None
    return found[1]


def agreed(province: Province, *services: str) -> None:
    chosen = services or ("low_income",)
    assert do(province, MOTHER, "code", [("code", asked(province, *chosen))]).status_code == 303
    said = [("services", one) for one in chosen]
    answer = do(province, MOTHER, "agree", [*said, ("until", _until(province))])
    assert answer.headers.get("location") == f"{PATH}?done=agree", words(answer)


def may(province: Province, service: str) -> bool:
    services = province.services
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        mother = session.scalars(select(PersonRow).where(PersonRow.username == MOTHER)).one()
        known = list_mandates(session, province.citizen(AGENT).id, today)
    return any(one.key == mother.subject and one.covers(service) for one in known)


@pytest.fixture(autouse=True)
def nothing_is_left(province: Province) -> Iterator[None]:
    """Codes and mandates of a test are gone after it, and nothing waits; no test meets the limit
    that another has used up."""
    province.services.gateway.limits._buckets.clear()
    yield
    for who, act in ((MOTHER, "decline"), (MOTHER, "withdraw")):
        while f'name="act" value="{act}"' in get(province, who, PATH).text:
            assert do(province, who, act).status_code == 303
    with transaction(province.services.node.database) as session:
        session.execute(delete(MandateRow).where(MandateRow.matter != 0))
        session.execute(delete(MandateRequestRow))


def test_a_daughter_asks_and_her_mother_agrees(province: Province) -> None:
    page = get(province, AGENT, f"{PATH}?service=low_income")
    assert re.search(r'value="low_income" checked', page.text)
    assert "谁可以代我办，我可以代谁办？" in words(page)
    code = asked(province, "low_income", "funeral_grant")
    typed = do(province, MOTHER, "code", [("code", code.lower().replace(" ", "-"))])
    assert typed.headers["location"] == f"{PATH}?done=code"
    shown = get(province, MOTHER, f"{PATH}?done=code")
    said = words(shown)
    for one in ("王＊＊请您授权代办", "最低生活保障边缘家庭认定", "以您的名义", "现在还没有授权"):
        assert one in said, one
    assert "王若溪" not in words(shown).partition("谁可以代我办")[0].partition("等您答复")[2]
    assert not may(province, "low_income")
    english = words(get(province, MOTHER, PATH, "en"))
    assert "W＊＊ asks to act for you" in english and "Read what" not in english
    answer = do(
        province, MOTHER, "agree", [("services", "low_income"), ("until", _until(province))]
    )
    assert answer.status_code == 303
    assert may(province, "low_income") and not may(province, "funeral_grant")
    hers, mine = words(get(province, MOTHER, PATH)), words(get(province, AGENT, PATH))
    assert "王若溪" in hers and "收回授权" in hers and "还没有办过" in hers
    assert "许桂英" in mine and "不再代办" in mine
    assert "授权委托书（示例）2026-03-02，窗口当面核验" in mine  # the one registered before
    assert "法定监护，子女年满十八周岁自动结束" in mine
    header = get(province, AGENT, PATH).text.partition('<select class="form-select" id="mandate"')[
        2
    ]
    assert header.partition("</select>")[0].count("许桂英") == 1


def test_either_side_ends_it_with_the_next_request(province: Province) -> None:
    for who, act in ((MOTHER, "withdraw"), (AGENT, "give_up")):
        agreed(province)
        assert may(province, "low_income")
        answer = do(province, who, act)
        assert answer.headers["location"] == f"{PATH}?done={act}", words(answer)
        assert not may(province, "low_income") and may(province, "elder_card")
        assert "已结束" in words(get(province, MOTHER, PATH))


def test_a_form_that_was_sent_twice_acts_once(province: Province) -> None:
    given = fields(get(province, AGENT, PATH), "ask")
    sent = [*given.items(), ("services", "low_income"), ("until", _until(province))]
    first, second = (post(province, AGENT, PATH, sent) for _ in range(2))
    assert code_of(first) == code_of(second)
    assert first.headers["cache-control"] == "no-store"
    assert get(province, AGENT, PATH).text.count('name="act" value="cancel"') == 1
    typed = [*fields(get(province, MOTHER, PATH), "code").items(), ("code", code_of(first))]
    assert [post(province, MOTHER, PATH, typed).status_code for _ in range(2)] == [303, 303]
    page = get(province, MOTHER, PATH)
    assert page.text.count('name="act" value="agree"') == 1
    agree = [*fields(page, "agree").items(), ("services", "low_income")]
    agree.append(("until", _until(province)))
    assert [post(province, MOTHER, PATH, agree).status_code for _ in range(2)] == [303, 303]
    assert get(province, MOTHER, PATH).text.count('name="act" value="withdraw"') == 1


def told(answer: httpx.Response) -> str:
    """What is said beside the code."""
    found = re.search(r'id="wrong-code"[^>]*>(.*?)</p>', answer.text, re.S)
    assert found is not None, words(answer)
    return re.sub(r"<[^>]+>|\s", "", found[1])


def refused(province: Province) -> int:
    with transaction(province.services.node.database) as session:
        query = select(AuditEntry.seq).where(AuditEntry.kind == "refusal")
        return len(session.scalars(query).all())


def test_no_answer_tells_why_a_code_is_no_good(province: Province) -> None:
    used, own, cancelled, old = (asked(province) for _ in range(4))
    do(province, MOTHER, "code", [("code", used)])
    with transaction(province.services.node.database) as session:
        ids = session.scalars(select(MandateRequestRow.id).order_by(MandateRequestRow.id)).all()
        row = MandateRequestRow
        session.execute(update(row).where(row.id == ids[2]).values(cancelled=True))
        past = province.services.node.clock()
        session.execute(update(row).where(row.id == ids[3]).values(expires_at=past))
    before = refused(province)
    said = [
        *(do(province, MOTHER, "code", [("code", one)]) for one in ("22222222", "", used)),
        *(do(province, MOTHER, "code", [("code", one)]) for one in (cancelled, old)),
        do(province, AGENT, "code", [("code", own)]),
    ]
    assert {one.status_code for one in said} == {403}
    assert len({told(one) for one in said}) == 1
    assert refused(province) == before + len(said)
    assert "授权码不能用" in told(said[0])
    english = post(
        province, MOTHER, f"{PATH}?lang=en", [("act", "code"), ("position", ""), ("code", "2")]
    )
    assert "cannot be used" in words(english)


def test_who_guesses_is_stopped(province: Province) -> None:
    given = [*fields(get(province, "zhao", PATH), "code").items(), ("code", "23456789")]
    statuses = [post(province, "zhao", PATH, given).status_code for _ in range(12)]
    assert statuses[0] == 403 and 429 in statuses


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ([("until", "2026-12-31")], "请至少选择一个事项"),
        ([("services", "firm_change"), ("until", "2026-12-31")], "有不能代办的"),
        ([("services", "low_income"), ("until", "2099-01-01")], "授权到哪一天，请填写今天至"),
        ([("services", "low_income"), ("until", "x")], "授权到哪一天，请填写今天至"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_what_was_typed_stays(
    province: Province, said: list[tuple[str, str]], wrong: str
) -> None:
    answer = do(province, AGENT, "ask", said)
    assert answer.status_code == 422
    place = answer.text.partition('id="wrong-ask"')[2].partition("</p>")[0]
    assert wrong in place
    assert f'value="{dict(said)["until"]}"' in answer.text
    if ("services", "low_income") in said:
        assert 'value="low_income" checked' in answer.text
    assert "licence-code" not in answer.text


def test_a_form_that_was_tampered_with_widens_nothing(province: Province) -> None:
    do(province, MOTHER, "code", [("code", asked(province))])
    for said in (
        [("services", "low_income"), ("services", "funeral_grant"), ("until", _until(province))],
        [("services", "low_income"), ("until", "2099-01-01")],
        [("until", _until(province))],
    ):
        answer = do(province, MOTHER, "agree", said)
        assert answer.status_code == 422 and 'id="wrong-agree"' in answer.text
    assert not may(province, "low_income") and not may(province, "funeral_grant")
    given = dict(fields(get(province, MOTHER, PATH), "agree"))
    for who in (AGENT, "zhao"):  # the agent has a part in it, another none
        said = [*given.items(), ("services", "low_income"), ("until", _until(province))]
        assert post(province, who, PATH, said).status_code in {403, 404}
    assert not may(province, "low_income")


def test_whoever_acts_for_somebody_is_told_to_be_themselves(province: Province) -> None:
    with transaction(province.services.node.database) as session:
        known = list_mandates(
            session, province.citizen(AGENT).id, civil_date(province.services.node.clock())
        )
    child = next(one for one in known if one.kind == "child")
    acting = f"{AGENT}/child:{child.key}"
    page = get(province, acting, PATH)
    assert "请在页面上方改为“本人”" in words(page) and 'name="act"' not in page.text
    said = [("position", f"child:{child.key}"), ("act", "code"), ("code", "23456789")]
    assert post(province, acting, PATH, said).status_code == 409


def test_who_is_not_proven_is_told_the_way(province: Province) -> None:
    page = get(province, "li", PATH)
    assert "授权和代办要先完成高级实名" in words(page)
    assert 'href="/proving"' in page.text and 'name="act"' not in page.text


def test_whoever_has_no_mandate_is_led_here_from_the_service(province: Province) -> None:
    with transaction(province.services.node.database) as session:
        known = list_mandates(
            session, province.citizen(AGENT).id, civil_date(province.services.node.clock())
        )
    mother = next(one for one in known if one.kind == "elder")
    page = get(province, f"{AGENT}/elder:{mother.key}", "/services/low_income/apply")
    assert "授权不包括" in words(page) and f'href="{PATH}?service=low_income"' in page.text
    plain = get(province, "zhao", "/services/low_income/apply")
    assert f'href="{PATH}?service=low_income"' in plain.text
    assert send(province, Call("GET", f"{PATH}?{urlencode({'service': '<x'})}", "", AGENT), "right")


def test_of_a_mandate_in_force_nobody_has_to_act_and_its_services_are_named(
    province: Province,
) -> None:
    agreed(province, "low_income")
    page = get(province, MOTHER, PATH).text
    found = re.search(r'href="(/my/matters/\d+)">MD-', page)
    assert found is not None
    for who in (MOTHER, AGENT):
        listed = get(province, who, "/my/matters").text.partition(f'href="{found[1]}"')[2]
        line = listed.partition("</li>")[0]
        assert "授权有效" in line and "办理" not in line, who
        shown = words(get(province, who, found[1]))
        assert "最低生活保障边缘家庭认定" in shown and "low_income" not in shown, who
        assert "等您办理" not in shown and "现由申请人办理" not in shown, who


def test_a_mandate_says_when_it_was_acted_by_and_not_when_another_was(province: Province) -> None:
    agreed(province, "low_income")
    with transaction(province.services.node.database) as session:
        known = list_mandates(session, province.citizen(AGENT).id, civil_date(NOW))
    (elder,) = (one for one in known if one.kind == "elder")
    who, path = f"{AGENT}/{mandate_id(elder)}", "/services/elder_card/apply"
    given = dict(
        re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', get(province, who, path).text)
    )
    answer = post(
        province, who, path, [(n, given[n]) for n in ("key", "version", "was", "position")]
    )
    assert answer.status_code == 303, words(answer)
    mine = get(province, AGENT, PATH).text.partition('id="held-title"')[2]
    (new,) = (one for one in mine.split('<li class="card') if "MD-" in one)
    (old,) = (one for one in mine.split('<li class="card') if "当面核验" in one)
    assert "还没有办过" in new and "还没有办过" not in old
    number = int(re.findall(r"/my/cases/(\d+)", answer.headers["location"])[0])
    casing.act(province, number, _acting(province, elder.key), "discard")


def _acting(province: Province, principal: str) -> Principal:
    """The daughter, for whoever gave her a mandate."""
    one = province.citizen(AGENT)
    with transaction(province.services.node.database) as session:
        known = list_mandates(session, one.id, civil_date(NOW))
    return replace(one, mandate=next(m for m in known if m.key == principal))


def test_days_of_two_mandates_are_told_apart_by_service(province: Province) -> None:
    agreed(province, "low_income")
    with transaction(province.services.node.database) as session:
        known = list_mandates(session, province.citizen(AGENT).id, civil_date(NOW))
    (elder,) = (one for one in known if one.kind == "elder")
    page = words(get(province, f"{AGENT}/{mandate_id(elder)}", "/my/data"))
    assert re.search(r"老年优待证 · 2028年3月1日 止", page)
    assert re.search(r"最低生活保障边缘家庭认定 · 2027年2月\d+日 止", page)
    assert "为止" not in page


def test_who_acts_for_another_goes_on_as_themselves(province: Province) -> None:
    with transaction(province.services.node.database) as session:
        known = list_mandates(session, province.citizen(AGENT).id, civil_date(NOW))
    (elder,) = (one for one in known if one.kind == "elder")
    page = get(province, f"{AGENT}/{mandate_id(elder)}", f"{PATH}?service=retirement").text
    form = page.partition('id="main"')[2].partition('action="/mandate"')[2].partition("</form>")[0]
    assert f'name="next" value="{PATH}?service=retirement"' in form
    assert 'name="mandate" value=""' in form


def test_who_ticks_nothing_is_told_what_to_do(province: Province) -> None:
    do(province, MOTHER, "code", [("code", asked(province))])
    answer = do(province, MOTHER, "agree", [("until", _until(province))])
    assert "请至少勾选一个事项；都不同意的，请选“不同意”" in words(answer)
    top = answer.text.partition('id="main"')[2].partition("<form")[0]
    assert "请至少勾选一个事项" in top  # where the page opens
