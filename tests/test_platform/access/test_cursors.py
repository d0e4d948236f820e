"""A page cursor holds for one reader, unless the data is open to everybody."""

from dataclasses import replace

import pytest

from tests.province import Province
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.errors import BadInput
from xihu_platform.identity.principal import ANONYMOUS, Principal

DUTY, OPEN = Purpose("duty"), Purpose("open")
DATASET = "sg_firms"


def page_of(
    province: Province, reader: Principal, purpose: Purpose, cursor: str | None = None
) -> tuple[list[object], str]:
    gateway = province.services.gateway
    page = gateway.read_page(reader, DATASET, purpose, RowQuery(), limit=2, cursor=cursor)
    assert page.next_cursor
    return page.table.to_pylist(), page.next_cursor


def test_a_reader_turns_the_page_and_nobody_else_does(province: Province) -> None:
    official = province.official("sun")
    first, cursor = page_of(province, official, DUTY)
    second, _ = page_of(province, official, DUTY, cursor)
    assert first != second
    assert official.position is not None
    others = (
        replace(official, id="p-colleague"),
        replace(official, position=replace(official.position, id="another-post")),
    )
    for other in others:
        with pytest.raises(BadInput, match="of this query and reader") as refused:
            page_of(province, other, DUTY, cursor)
        assert "start again at the first page" in refused.value.text.en
        assert "第一页" in refused.value.text.zh


def test_the_pages_of_open_data_are_everybodys(province: Province) -> None:
    _, cursor = page_of(province, ANONYMOUS, OPEN)
    mine, _ = page_of(province, province.citizen("wang"), OPEN, cursor)
    theirs, _ = page_of(province, ANONYMOUS, OPEN, cursor)
    assert mine == theirs


def test_a_cursor_of_an_earlier_version_is_refused_in_words(province: Province) -> None:
    for cursor in ("01" * 40, "", "zz"):
        with pytest.raises(BadInput, match="earlier version"):
            page_of(province, ANONYMOUS, OPEN, cursor)
