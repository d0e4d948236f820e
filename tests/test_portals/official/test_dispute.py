"""A department disagrees: with whom it negotiates, who coordinates, and what is decided."""

from tests import asking
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_request import do, get, hidden, post, words

__all__ = ["acted_province"]  # a fixture
PATH = "/official/matters"
ARTICLE = "《政务数据共享条例》第二十一条"


def refused(province: Province) -> int:
    matter = asking.sent(province)
    asking.act(province, matter, "sun", "sun-rs", "assess", {"opinion": "不同意"})
    asking.act(province, matter, "fang", "fang-rs", "refuse", reason="与职责无关", article=ARTICLE)
    return matter


def raised(province: Province, matter: int, claim: str) -> str:
    path = f"{PATH}/{matter}/dispute"
    form = hidden(get(province, "chen", path), "open")
    form.pop("csrf")
    answer = post(province, "chen", path, [*form.items(), ("claim", claim)])
    assert answer.status_code == 303, words(answer)[:400]
    return answer.headers["location"].partition("?")[0]


def test_from_a_refusal_to_the_authoritys_decision(province: Province) -> None:
    matter = refused(province)
    page = get(province, "chen", f"{PATH}/{matter}")
    assert f'href="{PATH}/{matter}/dispute"' in page.text
    asked = words(get(province, "chen", f"{PATH}/{matter}/dispute"))
    assert "提请示例省数据局协调" in asked and "法律没有规定天数" in asked
    dispute = raised(province, matter, "核对参保状态是我局法定职责")
    assert f"SR-{matter:06d}" in get(province, "chen", dispute).text
    assert dispute in get(province, "fang", f"{PATH}/{matter}").text
    assert "核对参保状态是我局法定职责" in words(get(province, "sun", dispute))
    assert "双方协商" in words(get(province, "sun", PATH))
    assert do(province, "sun", dispute, "answer", [("answer", "仍不同意")]).status_code == 303
    assert do(province, "ding", dispute, "submit", [("reason", "协商不成")]).status_code == 303
    assert "主管部门协调" in words(get(province, "luo", PATH))
    form = [("decision", "share"), ("reason", "属于法定职责")]
    bare = do(province, "luo", dispute, "decide", form)
    assert bare.status_code == 422 and "请写明法条（《政务数据共享条例》第二十八条）" in words(bare)
    done = do(province, "luo", dispute, "decide", [*form, ("article", ARTICLE)])
    assert done.status_code == 303
    seen = words(get(province, "chen", dispute))
    assert "已作出决定" in seen and "应当共享" in seen and "属于法定职责" in seen


def test_what_cannot_be_settled_goes_to_the_government(province: Province) -> None:
    dispute = raised(province, refused(province), "不服")
    do(province, "ding", dispute, "submit", [("reason", "协商不成")])
    do(province, "luo", dispute, "send_up", [("reason", "协调不成")])
    assert "报本级政府决定" in words(get(province, "chen", dispute))
    said = [("decision", "keep"), ("reason", "见批复"), ("evidence", "GOV-2026-9")]
    assert do(province, "luo", dispute, "record", said).status_code == 303
    assert "维持提供部门的答复" in words(get(province, "fang", dispute))


def test_it_can_be_settled_between_the_two(province: Province) -> None:
    dispute = raised(province, asking.agreed(province), "缺少数据项")
    assert do(province, "ding", dispute, "settle", [("result", "补充共享")]).status_code == 303
    assert "协商一致" in words(get(province, "sun", dispute))


def test_nobody_else_raises_or_sees_one(province: Province) -> None:
    draft, matter = asking.draft(province), refused(province)
    early = get(province, "chen", f"{PATH}/{draft}/dispute")
    assert early.status_code == 409 and "没有争议可提" in words(early)
    assert f"{PATH}/{matter}/dispute" not in get(province, "fang", f"{PATH}/{matter}").text
    form = hidden(get(province, "fang", f"{PATH}/{matter}/dispute"), "open")
    form.pop("csrf")
    not_theirs = post(province, "fang", f"{PATH}/{matter}/dispute", [*form.items(), ("claim", "x")])
    assert not_theirs.status_code == 403
    assert get(province, "tang", f"{PATH}/{matter}/dispute").status_code == 404
    dispute = raised(province, matter, "不服")
    assert get(province, "tang", dispute).status_code == 404
