"""The page of standards: lists and elements are found by name, synonym, id and standard."""

import pytest

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from xihu_catalog.registry.codes import list_names


def text_of(province: Province, path: str) -> str:
    answer = send(province, Call("GET", path, "", "wang"), "no_token")
    assert answer.status_code == 200
    return answer.text


def test_all_lists_are_named_and_the_elements_are_paged(province: Province) -> None:
    text = text_of(province, "/standards")
    assert all(f'href="/standards/codes/{name}"' in text for name in list_names())
    assert text.count('href="/standards/elements/') == 50
    assert "数据元（227 个）" in text
    last = text_of(province, "/standards?page=5")
    assert last.count('href="/standards/elements/') == 27
    assert 'href="/standards/elements/XH00226"' in last
    assert "组织机构代码（已停用）" in last


@pytest.mark.parametrize(
    ("typed", "lists", "elements"),
    [
        ("性别", ["sex"], ["XH00004"]),
        ("SEX", ["sex"], ["XH00004"]),
        ("纳税人识别号", [], ["XH00012"]),
        ("XH00042", [], ["XH00042"]),
        ("GB/T 3304", ["ethnic"], ["XH00005"]),
        ("旧身份证号", [], ["XH00227"]),
    ],
)
def test_a_standard_is_found_by_what_is_typed(
    province: Province, typed: str, lists: list[str], elements: list[str]
) -> None:
    text = text_of(province, f"/standards?q={typed}")
    found = [name for name in list_names() if f'href="/standards/codes/{name}">' in text]
    named = set(lists) | ({"sex"} if "XH00004" in elements else set())
    named |= {"ethnic"} if "XH00005" in elements else set()
    assert set(found) == named
    for one in elements:
        assert f'href="/standards/elements/{one}"' in text
    assert text.count('href="/standards/elements/') == len(elements)


def test_what_is_no_standard_is_said(province: Province) -> None:
    text = text_of(province, "/standards?q=<b>zzzz")
    assert "没有找到“&lt;b&gt;zzzz”" in text


@pytest.mark.parametrize("page", ["0", "6", "x", "99999999999"])
def test_a_page_that_is_not_there_is_an_error(province: Province, page: str) -> None:
    answer = send(province, Call("GET", f"/standards?page={page}", "", "wang"), "no_token")
    assert answer.status_code == {"0": 200, "x": 422}.get(page, 404)
