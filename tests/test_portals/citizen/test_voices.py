"""From the page of a dataset to a comment for all to read, and to its end; what attackers write."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.asking import acted_province
from tests.entries import unpublished_meanwhile
from tests.province import Province
from tests.test_portals.api.callers import POSITIONS, Call, send
from tests.test_portals.citizen.test_new_matter import number_of, sent
from tests.test_portals.official.test_request import do, get, post, words
from xihu_catalog.voices import acts
from xihu_portals.pages import objection

__all__ = ["acted_province"]  # a fixture
DATASET, OWN = "yb_hospital_visits", "rs_social_insurance"
"""Of 示例省医疗保障局 (tang, xu), and of another department (sun, fang)."""
PAGE = f"/datasets/{DATASET}"
ALL = f"{PAGE}/voices"
MINE, OFFICE = "/my/matters", "/official/matters"
COMMENT = f"{MINE}/new/data_comment?dataset={DATASET}"
REUSE = f"{MINE}/new/data_reuse?dataset={DATASET}"
GROUND = [("ground", "unrelated"), ("reason", "与就医数据无关")]
SAYS = [("comment", "字段说明很清楚，希望按月更新")]
MADE = [
    *(("title", "就医便利度地图"), ("description", "按区县看就医")),
    ("address", "https://map.example.com/visits"),
]


@pytest.fixture(autouse=True)
def many_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests write more within a day of their province than a person may."""
    monkeypatch.setattr(acts, "A_DAY", 10_000)


@contextmanager
def said(
    province: Province, who: str, words_of: list[tuple[str, str]], path: str = COMMENT
) -> Iterator[int]:
    """A comment that is erased afterwards: the other tests use the same province."""
    matter = number_of(sent(province, who, path, words_of))
    try:
        yield matter
    finally:
        mine = f"{MINE}/{matter}"
        for event in ("withdraw", "take_down", "erase"):
            if f'id="form-{event}"' in get(province, who, mine).text:
                assert do(province, who, mine, event).status_code == 303


def public(province: Province, path: str, language: str = "zh") -> httpx.Response:
    """As anybody who has not signed in."""
    mark = "&" if "?" in path else "?"
    return send(province, Call("GET", f"{path}{mark}lang={language}", "", ""), "no_token")


def part(page: httpx.Response, name: str) -> str:
    return page.text.partition(f'<section id="{name}">')[2].partition("</section>")[0]


def test_from_the_dataset_to_the_page_of_all_in_three_taps(province: Province) -> None:
    page = get(province, "wang", PAGE)
    assert "还没有评论" in part(page, "comments") and "还没有人登记" in part(page, "reuses")
    assert f'href="{COMMENT}"' in page.text and f'href="{REUSE}"' in page.text
    form = words(get(province, "wang", COMMENT))
    assert "审核评论和再利用案例最迟 2026年11月30日（本地办理目标，非法定期限）" in form
    with said(province, "wang", SAYS) as matter:
        assert "希望按月更新" not in public(province, PAGE).text
        assert "您写的 1 条在等待审核" in words(get(province, "wang", PAGE))
        assert "在等待审核" not in words(get(province, "zhao", PAGE))
        inbox = get(province, "xu", OFFICE)  # one
        assert f'href="{OFFICE}/{matter}"' in inbox.text
        case = get(province, "xu", f"{OFFICE}/{matter}")  # two
        assert "希望按月更新" in words(case)
        form_of_show = case.text.partition('id="form-show"')[2].partition("</form>")[0]
        assert "<textarea" not in form_of_show and "<select" not in form_of_show
        assert do(province, "xu", f"{OFFICE}/{matter}", "show").status_code == 303  # three
        shown = public(province, PAGE)
        assert "希望按月更新" in part(shown, "comments") and "一位市民" in part(shown, "comments")
        assert "希望按月更新" in get(province, "zhao", ALL).text
        assert do(province, "wang", f"{MINE}/{matter}", "take_down").status_code == 303
        assert "希望按月更新" not in public(province, PAGE).text
        assert "希望按月更新" not in public(province, ALL).text
        assert "希望按月更新" not in get(province, "xu", f"{OFFICE}/{matter}").text


def test_a_reuse_is_shown_with_its_domain_and_a_link_that_promises_nothing(
    province: Province,
) -> None:
    with said(province, "zhao", [*MADE, ("name", "湖畔小组")], REUSE) as matter:
        do(province, "tang", f"{OFFICE}/{matter}", "show")
        text = part(public(province, PAGE), "reuses")
        link = (
            '<a href="https://map.example.com/visits" rel="nofollow ugc noopener" '
            'referrerpolicy="no-referrer">'
        )
        assert link in text and " map.example.com</a>" in text
        assert "就医便利度地图" in text and "湖畔小组" in text and "内容未经核实" in text
        english = part(public(province, PAGE, "en"), "reuses")
        assert '<span lang="zh">就医便利度地图</span>' in english
        assert '<span lang="zh">湖畔小组</span>' in english
        do(province, "xu", f"{OFFICE}/{matter}", "remove", GROUND)
        assert "就医便利度地图" not in public(province, PAGE).text
        page = words(get(province, "zhao", f"{MINE}/{matter}"))
        assert "已由部门撤下" in page and "与就医数据无关" in page


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("<script>alert(1)</script>", "<script>alert"),
        ('"><img src=x onerror=alert(1)>', "<img"),
        ("{{ 7 * 191 }} {% raw %} ${7*191}", "1337"),
        ("请看 https://evil.example.com/a 和 [点这里](javascript:alert(1))", '"https://evil'),
        ("<a href='https://evil.example.com'>免费</a>", "<a href='https"),
    ],
)
def test_a_text_stays_a_text(province: Province, text: str, never: str) -> None:
    with said(province, "wang", [("comment", text), ("name", "<b>官</b>")]) as matter:
        do(province, "xu", f"{OFFICE}/{matter}", "show")
        for page in (public(province, PAGE), public(province, ALL)):
            voice = page.text.partition(f'id="voice-{matter}"')[2].partition("</article>")[0]
            assert never not in voice and "<b>官" not in voice
            assert text in re.sub(r"\s+", " ", words_of(voice))
            assert "<a " not in voice


def words_of(fragment: str) -> str:
    return words(httpx.Response(200, text=f"<p {fragment}"))


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ([("comment", "")], "请填写“评论内容”"),
        ([("comment", "好\u202e评")], "“评论内容”中有看不见的字符"),
        ([("comment", "我的号码 13900000000")], "“评论内容”第 6 个字起像是手机号码"),
        ([("comment", "好"), ("name", "示例省数据局")], "署名不能是单位的名称"),
        ([("comment", "字" * 1001)], "最多 1000 字"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    province: Province, form: list[tuple[str, str]], why: str
) -> None:
    said = dict([("name", "湖边人"), *form])
    answer = sent(province, "wang", COMMENT, [*said.items()])
    assert answer.status_code == 422 and why in words(answer)
    assert f'value="{said["name"]}"' in answer.text
    assert 'maxlength="1000"' in answer.text and 'maxlength="20"' in answer.text


def test_nobody_floods_the_department(province: Province) -> None:
    with said(province, "wang", SAYS), said(province, "wang", SAYS), said(province, "wang", SAYS):
        fourth = sent(province, "wang", COMMENT, SAYS)
        assert fourth.status_code == 409 and "已有 3 条在等待审核" in words(fourth)


@pytest.mark.parametrize("who", ["sun", "fang", "chen", "luo"])
def test_another_department_decides_nothing(province: Province, who: str) -> None:
    with said(province, "wang", SAYS) as matter:
        path = f"{OFFICE}/{matter}"
        page = get(province, who, path)
        form = [("event", "show"), ("key", f"form-of-{who}-1"), ("version", "1")]
        answer = post(province, who, path, [*form, ("position", POSITIONS[who])])
        if who == "luo":  # of the data authority, which hears of lateness
            assert page.status_code == 200 and 'id="form-show"' not in page.text
            assert answer.status_code == 403
        else:
            assert (page.status_code, answer.status_code) == (404, 404)
        assert "字段说明很清楚" not in public(province, PAGE).text


def test_who_wrote_it_leaves_nowhere(province: Province) -> None:
    citizen = province.citizen("wang")
    with said(province, "wang", SAYS) as matter:
        do(province, "xu", f"{OFFICE}/{matter}", "show")
        pages = [
            *(public(province, PAGE), public(province, ALL), get(province, "xu", PAGE)),
            *(get(province, "xu", f"{OFFICE}/{matter}"), get(province, "xu", OFFICE)),
        ]
        official = get(province, "xu", f"/official/datasets/{DATASET}")
        assert f'href="{ALL}"' in official.text and "评论 1 条，再利用案例 0 个" in official.text
        assert citizen.subject and citizen.name
        for page in (*pages, official):
            assert page.status_code == 200
            for secret in (citizen.subject, citizen.id, citizen.name):
                assert secret not in page.text


def test_what_is_said_of_an_entry_goes_with_the_entry(province: Province) -> None:
    with said(province, "wang", SAYS) as matter:
        do(province, "xu", f"{OFFICE}/{matter}", "show")
        with unpublished_meanwhile(province.services.node.database, DATASET):
            for path in (PAGE, ALL, COMMENT):
                assert get(province, "zhao", path).status_code == 404
        assert get(province, "zhao", ALL).status_code == 200
    assert get(province, "zhao", "/datasets/nothing/voices").status_code == 404


def test_one_who_is_not_proven_or_is_in_office_writes_nothing(province: Province) -> None:
    page = get(province, "li", COMMENT)
    assert "先要确认是您本人" in words(page) and "<textarea" not in page.text
    assert get(province, "li", PAGE).status_code == 200, "they read what all may read"
    for kind in ("data_comment", "data_reuse"):
        assert get(province, "xu", f"{OFFICE}/new/{kind}?dataset={DATASET}").status_code == 404
    bare = get(province, "wang", f"{MINE}/new/data_comment")
    assert bare.status_code == 422 and "请从数据集页面填写" in words(bare)


def test_what_is_asked_for_wrongly_is_refused(province: Province) -> None:
    for asked in ("kind=both", "page=0", "page=501", "page=x"):
        assert public(province, f"{ALL}?{asked}").status_code == 422
    assert public(province, f"{ALL}?page=500").status_code == 200


def headed(page: httpx.Response, heading: str) -> str:
    """What is under a heading of the list of matters."""
    return page.text.partition(f">{heading}</h2>")[2].partition("</section>")[0]


def test_what_is_shown_is_not_under_way_any_longer_and_its_author_reads_which_it_is(
    province: Province,
) -> None:
    """In the author's list and in the office's."""
    long = "第一行很长" * 9
    with (
        said(province, "wang", SAYS) as first,
        said(province, "wang", [("comment", long)]) as next_,
    ):
        mine = get(province, "wang", MINE)
        assert f'href="{MINE}/{first}"' in headed(mine, "正在办理")
        assert "字段说明很清楚，希望按月更新" in headed(mine, "正在办理")
        assert f"{long[:30]}…" in mine.text and long not in mine.text
        theirs = get(province, "xu", f"{OFFICE}?box=open").text
        assert f'href="{OFFICE}/{first}"' in theirs
        assert "希望按月更新" not in theirs, "an office opens a matter to read it"
        do(province, "xu", f"{OFFICE}/{first}", "show")
        do(province, "xu", f"{OFFICE}/{next_}", "do_not_show", GROUND)
        mine = get(province, "wang", MINE)
        for matter in (first, next_):
            assert f'href="{MINE}/{matter}"' not in headed(mine, "正在办理")
            assert f'href="{MINE}/{matter}"' in headed(mine, "已有结果")
            assert f'href="{OFFICE}/{matter}"' not in get(province, "xu", f"{OFFICE}?box=open").text
            assert f'href="{OFFICE}/{matter}"' in get(province, "xu", f"{OFFICE}?box=settled").text
        assert 'id="form-take_down"' in get(province, "wang", f"{MINE}/{first}").text
        assert f'href="{MINE}/{first}"' not in get(province, "zhao", MINE).text
    ended = get(province, "wang", MINE)
    assert f'href="{MINE}/{first}"' in headed(ended, "已经办结")
    assert "希望按月更新" not in ended.text


def test_the_banner_and_the_line_of_time_say_what_happened(province: Province) -> None:
    with said(province, "wang", SAYS) as matter:
        page = get(province, "wang", f"{MINE}/{matter}?done=1")
        assert "已提交评论" in words(page) and "已办理" not in words(page)
        english = get(province, "wang", f"{MINE}/{matter}?done=1", "en")
        banner = english.text.partition('class="notice notice-done"')[2].partition("</p>")[0]
        assert "Comment submitted" in banner and "Write a comment" not in english.text
        notices = get(province, "xu", "/official/notices", "en").text
        assert "Comment submitted" in notices and ">Write a comment<" not in notices
        done = do(province, "xu", f"{OFFICE}/{matter}", "do_not_show", GROUND)
        shown = words(get(province, "xu", done.headers["location"], "en"))
        assert "Done:" not in shown and "Do not show it" not in shown and "Not shown" in shown


def test_who_finds_a_refusal_wrong_complains_with_its_number(province: Province) -> None:
    with said(province, "wang", SAYS) as matter:
        own = f"{MINE}/{matter}"
        way = f"{MINE}/new/complaint?case={matter}"
        assert way not in get(province, "wang", own).text
        do(province, "xu", f"{OFFICE}/{matter}", "do_not_show", GROUND)
        page = get(province, "wang", own)
        assert f'href="{way}"' in page.text and "认为这个决定不对" in words(page)
        assert 'type="file"' not in page.text
        form = get(province, "wang", way)
        assert f"我的事项 DC-{matter:06d}（数据集评论）" in words(form)
        assert 'value="113399001001041148" selected' in form.text  # 示例省医疗保障局
        assert f"My matter DC-{matter:06d}" in words(get(province, "wang", way, "en"))
        assert get(province, "zhao", way).status_code == 404, "not hers"
        do(province, "xu", f"{OFFICE}/{matter}", "show_after_all")
        assert way not in get(province, "wang", own).text


def test_without_complaints_the_way_leads_to_the_contact(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objection, "may_open", lambda *_: False)
    with said(province, "wang", SAYS) as matter:
        do(province, "xu", f"{OFFICE}/{matter}", "do_not_show", GROUND)
        page = get(province, "wang", f"{MINE}/{matter}").text
        assert 'href="/contact">' in page.partition("认为这个决定不对")[2][:200]
