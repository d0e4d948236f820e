"""Search engines may read open data and nothing of a person."""

import asyncio
from urllib.robotparser import RobotFileParser

import pytest

from tests.province import Province


def ask(province: Province, path: str, language: str = "zh") -> str:
    async def once() -> str:
        async with province.client(Accept_Language=language) as client:
            return (await client.get(path)).text

    return asyncio.run(once())


def test_python_s_own_reader_of_robots_understands_the_rules(province: Province) -> None:
    rules = RobotFileParser()
    rules.parse(ask(province, "/robots.txt").splitlines())
    for path in ("/", "/search", "/datasets/sg_firms", "/static/xihu.css"):
        assert rules.can_fetch("Googlebot", path), path
    for path in ("/my/data", "/my/uses", "/official/", "/api/v1/datasets", "/signin?next=/"):
        assert not rules.can_fetch("Googlebot", path), path


def test_the_countless_ways_to_filter_a_dataset_are_not_walked(province: Province) -> None:
    """Patterns with a star are of RFC 9309; Python's reader does not know them."""
    assert "Disallow: /*/explore\n" in ask(province, "/robots.txt")


@pytest.mark.parametrize(
    ("path", "language", "words"),
    [
        ("/", "zh", "查找开放数据"),
        ("/search", "en", "Find open data"),
        ("/datasets/hb_air_quality_hourly", "en", "Six pollutants"),
        ("/datasets/hb_air_quality_hourly/explore", "en", "Six pollutants"),
    ],
)
def test_a_page_says_in_a_sentence_what_it_is_about(
    province: Province, path: str, language: str, words: str
) -> None:
    said = ask(province, path, language).partition('<meta name="description" content="')[2]
    assert words in said.partition('">')[0]
