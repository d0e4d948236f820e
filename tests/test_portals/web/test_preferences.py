"""Language, theme and elder mode are kept, work without script, and lead nowhere else."""

import re

import pytest

from tests.test_portals.web.document import ask


def test_a_language_in_the_address_is_kept() -> None:
    assert "xihu_language=en" in ask("/?lang=en").headers["set-cookie"]
    assert "set-cookie" not in ask("/").headers


def test_the_kept_language_wins_over_the_browser() -> None:
    answer = ask("/", cookies={"xihu_language": "en"}, headers={"Accept-Language": "zh-CN"})
    assert answer.headers["content-language"] == "en"


def test_a_language_that_is_not_there_falls_back_to_the_browser() -> None:
    answer = ask("/?lang=fr", headers={"Accept-Language": "en-GB"})
    assert answer.headers["content-language"] == "en"


def test_the_link_to_the_other_language_keeps_every_filter() -> None:
    html = ask("/search?q=空气&topic=a&topic=b").text
    assert "topic=a&amp;topic=b&amp;lang=en" in html


@pytest.mark.parametrize(("name", "value"), [("theme", "dark"), ("elder", "1")])
def test_a_choice_is_kept_and_leads_back(name: str, value: str) -> None:
    answer = ask("/preferences", method="POST", data={name: value, "next": "/search?q=a"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/search?q=a"
    assert f"xihu_{name}={value}" in answer.headers["set-cookie"]


@pytest.mark.parametrize("address", ["//evil.example", "https://evil.example", "/\\evil", "/\tx"])
def test_a_choice_never_leads_to_another_site(address: str) -> None:
    answer = ask("/preferences", method="POST", data={"theme": "dark", "next": address})
    assert answer.headers["location"] == "/"


def test_an_unknown_choice_changes_nothing() -> None:
    answer = ask("/preferences", method="POST", data={"theme": "pink", "elder": "yes"})
    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers


def test_elder_mode_is_large_and_short_on_citizen_pages_only() -> None:
    cookies = {"xihu_elder": "1"}
    citizen, official = ask("/", cookies=cookies).text, ask("/official/", cookies=cookies).text
    assert 'class="citizen elder"' in citizen
    assert 'href="tel:12345"' in citizen
    assert 'class="tabs"' not in citizen
    assert "elder" not in official.split("<head>")[0]


def test_a_chosen_theme_is_on_the_page() -> None:
    assert "theme-dark" in ask("/", cookies={"xihu_theme": "dark"}).text


def test_the_home_of_elder_mode_leads_to_services_and_to_what_is_ones_own() -> None:
    """Five large links and no more, with or without news of a matter."""
    for language, names in (
        ("zh", ("办事", "我的办件", "我的证照", "授权与代办", "谁查过我的信息")),
        ("en", ("Services", "My matters", "My licences", "Mandates", "Who looked me up")),
    ):
        page = ask(f"/?lang={language}", cookies={"xihu_elder": "1"}).text
        doors = re.findall(r'<a class="door" href="([^"]+)">.*?<b>(.*?)</b>', page, re.S)
        assert [href for href, _ in doors] == [
            *("/services", "/my/matters", "/my/licences", "/my/mandates", "/my/uses"),
        ]
        assert tuple(name for _, name in doors) == names
        assert page.index('class="doors"') < page.index('class="notices"'), "they come first"
    assert ask("/").text.count('class="door"') == 3
