"""Every page in both languages: well formed, complete, honest about its data, and light."""

import gzip
import re

import pytest

from tests.test_portals.web.app import ERRORS, OTHERS, PAGES
from tests.test_portals.web.document import ask, parse

CHINESE = re.compile(r"[\u3400-\u9fff]")
WHOLE = [path for path in {**PAGES, **OTHERS} if path != "/search/suggest"]
BUDGET_BYTES = 60_000

every_page = pytest.mark.parametrize("path", WHOLE)
both_languages = pytest.mark.parametrize("language", ["zh", "en"])


@every_page
@both_languages
def test_a_page_renders_in_the_language_asked_for(path: str, language: str) -> None:
    answer = ask(f"{path}?lang={language}")
    assert answer.status_code == (ERRORS[path].status if path in ERRORS else 200)
    assert answer.headers["content-language"] == language
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}"' in answer.text


@every_page
def test_the_english_interface_holds_no_chinese_but_marked_data(path: str) -> None:
    words = parse(ask(f"{path}?lang=en").text).words
    assert [text for language, text in words if language == "en" and CHINESE.search(text)] == []


@every_page
def test_an_english_title_holds_no_chinese_but_what_the_reader_searched_for(path: str) -> None:
    title = parse(ask(f"{path}?lang=en").text).title
    assert not CHINESE.search(re.sub("“.*”", "", title))


@every_page
@both_languages
def test_the_banner_of_synthetic_data_is_on_every_page(path: str, language: str) -> None:
    html = ask(f"{path}?lang={language}").text
    assert '<span lang="zh">合成数据</span> <span lang="en">Synthetic data</span>' in html


@every_page
@both_languages
def test_headings_are_in_order_and_there_is_one_h1(path: str, language: str) -> None:
    headings = parse(ask(f"{path}?lang={language}").text).headings
    assert headings.count(1) == 1
    steps = zip(headings, headings[1:], strict=False)
    assert all(after - before <= 1 for before, after in steps), headings


@every_page
def test_ids_are_unique(path: str) -> None:
    ids = parse(ask(path).text).ids
    assert sorted(ids) == sorted(set(ids))


@every_page
def test_nothing_is_inline_that_the_policy_forbids(path: str) -> None:
    for tag, attributes in parse(ask(path).text).tags:
        assert tag != "style"
        data = attributes.get("type") == "application/ld+json"  # is not run, so no policy covers it
        assert tag != "script" or attributes.get("src") or data
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]


@every_page
def test_the_policy_allows_no_inline_code(path: str) -> None:
    headers = ask(path).headers
    assert "unsafe" not in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@every_page
@both_languages
def test_a_page_keeps_within_its_weight(path: str, language: str) -> None:
    assert len(gzip.compress(ask(f"{path}?lang={language}").content)) <= BUDGET_BYTES


@every_page
def test_every_changing_form_carries_a_token(path: str) -> None:
    html = ask(path).text
    for form in re.findall(r'<form[^>]*method="post".*?</form>', html, re.DOTALL):
        of_nobody = re.search(r'action="/(preferences"|feedback"|verify/)', form)
        assert of_nobody or 'name="csrf"' in form


@every_page
def test_every_static_address_exists(path: str) -> None:
    for address in set(re.findall(r'(?:src|href)="(/static/[^"#]+)', ask(path).text)):
        assert ask(address).status_code == 200, address


def test_only_pages_with_charts_load_the_chart_library() -> None:
    for path in PAGES:
        html = ask(path).text
        assert ("echarts-" in html) == ("data-chart=" in html), path


def test_every_chart_brings_its_table() -> None:
    html = ask("/official/region/330106").text
    assert html.count("data-chart=") == html.count('class="chart-table"') == 2


def test_a_suppressed_value_says_why_and_shows_no_number() -> None:
    html = ask("/official/region/330106?lang=en").text
    assert "fewer than 3, or hidden" in html


def test_an_unknown_value_is_a_dash_never_zero() -> None:
    assert '<data class="figure-number" value="">—</data>' in ask("/official/").text


def test_htmx_gets_only_the_results() -> None:
    html = ask("/search", headers={"HX-Request-Type": "partial"}).text
    assert "<html" not in html
    assert 'class="results-layout"' in html


def test_searched_words_are_marked_and_escaped() -> None:
    assert "<mark>空气</mark>质量小时值" in ask("/search").text


def test_a_refusal_names_reason_article_and_way_forward() -> None:
    answer = ask("/errors/refused")
    for words in (
        "办案线索在公开前依法保密。",
        "《政务数据共享条例》第十四条",
        "可以向原部门申请查看",
        "申请查看",
    ):
        assert words in answer.text


def test_a_field_is_never_called_clear_before_there_is_a_grant() -> None:
    html = ask("/official/datasets/rs_social_insurance?lang=en").text
    assert "set by the grant" in html
    assert "as it is" not in html


def test_someone_signed_out_is_led_to_sign_in() -> None:
    assert 'href="/signin"' in ask("/errors/signed-out").text


def test_pages_of_a_signed_in_person_are_never_stored() -> None:
    assert ask("/my/data").headers["cache-control"] == "no-store"
    assert "cache-control" not in ask("/").headers
