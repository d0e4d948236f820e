"""A search is its address: every link changes one thing of it and keeps the rest."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.test_portals.pages.rendered import request_of
from xihu_portals.pages.searching import PAGE, SearchAddress, address_of

HERE = SearchAddress("/search", "空气", (("topic", "environment"),), offset=40)


def asked(href: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(href).query)


def test_an_address_says_words_facets_and_place_in_the_results() -> None:
    assert asked(HERE.href()) == [("q", "空气"), ("topic", "environment"), ("offset", "40")]
    assert SearchAddress("/search").href() == "/search"


def test_a_facet_is_added_and_lifted_from_the_first_page() -> None:
    added = HERE.toggled("format", "CSV")
    assert asked(added.href()) == [("q", "空气"), ("topic", "environment"), ("format", "CSV")]
    assert added.toggled("format", "CSV").toggled("topic", "environment").facets == ()


@pytest.mark.parametrize(
    ("offset", "total", "previous", "following"),
    [
        (0, PAGE, None, None),
        (0, PAGE + 1, None, str(PAGE)),
        (PAGE, PAGE + 1, "", None),
        (9980, 20_000, "9960", None),  # the index answers no further
    ],
)
def test_a_pager_leads_only_where_there_are_results(
    offset: int, total: int, previous: str | None, following: str | None
) -> None:
    pager = SearchAddress("/search", offset=offset).pager(PAGE, total)
    links = (pager.previous_href, pager.next_href)
    found = [None if href is None else dict(asked(href)).get("offset", "") for href in links]
    assert found == [previous, following]


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("q=%20%E7%A9%BA%E6%B0%94%20", SearchAddress("/search", "空气")),
        ("topic=environment&colour=red", SearchAddress("/search", "", (("topic", "environment"),))),
        ("offset=20", SearchAddress("/search", offset=20)),
        ("offset=-1", SearchAddress("/search")),
        ("offset=1234567", SearchAddress("/search")),
        ("offset=99999", SearchAddress("/search", offset=10_000)),
    ],
)
def test_what_an_address_asks_wrongly_is_left_out(query: str, kept: SearchAddress) -> None:
    request = request_of("/search", "zh")
    request.scope["query_string"] = query.encode("ascii")
    assert address_of(request, "/search") == kept
