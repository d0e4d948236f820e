"""An entry and its change on the pages of those whose step it is: what it says, and the way on."""

from tests.asking import acted_province
from tests.contracts import document, field
from tests.entries import take_over_all
from tests.province import Province
from tests.test_portals.official.test_request import do, get, hidden, post, words

__all__ = ["acted_province"]  # a fixture
PATH = "/official/matters"
NAME, OLD, HEALTH = "yb_new_things", "yb_old_things", "113399001001041148"
ASSESSED = [
    *(("secrecy", "not_secret"), ("secrecy_grounds", "逐项核对，不涉密")),
    *(("personal", "passed"), ("personal_grounds", "风险可控")),
]


def hand_in(province: Province, *more: dict[str, object], name: str = NAME) -> None:
    opened = {"openClass": "unconditional"}
    fields = [field("id", key=True), *more]
    content = document(name, fields, provider=HEALTH, more=opened)
    province.services.catalogue.contracts.publish(content)


def begun(province: Province) -> str:
    way = f"{PATH}/new/catalogue_entry"
    form = hidden(get(province, "tang", way), "open")
    form.pop("csrf")
    answer = post(province, "tang", way, [*form.items(), ("dataset", NAME)])
    assert answer.status_code == 303, words(answer)[:600]
    return answer.headers["location"].partition("?")[0]


def test_who_signs_and_who_reviews_reads_what_is_published(province: Province) -> None:
    hand_in(province)
    opening = f'href="{PATH}/new/catalogue_entry?dataset={NAME}">办理目录条目</a>'
    for who in ("tang", "xu"):
        home = get(province, who, "/official/")
        assert "契约已提交，目录条目还没有办理" in words(home) and opening in home.text, who
    for who in ("sun", "luo"):
        assert NAME not in get(province, who, "/official/").text, who
    matter = begun(province)
    assert opening not in get(province, "tang", "/official/").text
    assert do(province, "tang", matter, "assess", ASSESSED).status_code == 303
    for who in ("tang", "xu"):
        page = words(get(province, who, matter))
        assert "目录条目的内容" in page and "字段id id 文本" in page, who
        assert "无条件开放" in page and "所有人，无需登录" in page
        assert "待审核的更新" not in page
    assert do(province, "xu", matter, "sign").status_code == 303
    assert "字段id id 文本" in words(get(province, "luo", matter))
    assert do(province, "luo", matter, "review_publish").status_code == 303

    dataset = f"/official/datasets/{NAME}"
    assert "启动更新" not in words(get(province, "tang", dataset))
    hand_in(province, field("phone", grade="L2"))
    for who in ("tang", "xu"):
        shown = get(province, who, dataset)
        assert f'<a href="{matter}">启动更新</a>' in shown.text, who
        home = get(province, who, "/official/")
        assert "已提交的更新还没有启动" in words(home)
        assert f'href="{matter}">启动更新</a>' in home.text
    assert "启动更新" not in words(get(province, "luo", dataset))
    assert "已提交的更新还没有启动" not in words(get(province, "sun", "/official/"))
    changed = get(province, "xu", matter)
    first = changed.text.partition('id="changes"')[2].partition("</section>")[0]
    assert "字段phone：新字段 字段phone，VARCHAR，敏感级别 L2" in first
    assert "生效后可见：登记使用后的其他部门（原样）" in first
    assert do(province, "tang", matter, "propose_change", [("reason", "新增")]).status_code == 303
    assert "启动更新" not in words(get(province, "tang", dataset))
    assert f'href="{matter}">启动更新</a>' not in get(province, "tang", "/official/").text


def test_of_one_taken_over_the_change_begins_with_opening_its_matter(province: Province) -> None:
    hand_in(province, name=OLD)
    take_over_all(province.services.node.database)
    hand_in(province, field("phone", grade="L2"), name=OLD)
    page = get(province, "tang", f"/official/datasets/{OLD}")
    way = f"{PATH}/new/catalogue_entry?dataset={OLD}"
    assert f'<a href="{way}">启动更新</a>' in page.text
    form = get(province, "tang", way).text
    assert f'value="{OLD}" checked' in form or f'value="{OLD}" selected' in form
