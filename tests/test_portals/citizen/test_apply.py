"""Applying: the situation first, filled in from registers once, one application in the end."""

import re

import httpx

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_request import get, post, words

__all__ = ["acted_province"]  # a fixture
PATH = "/services/elder_card/apply"


def fields_of(page: httpx.Response, action: str) -> list[tuple[str, str]]:
    """The hidden fields and inputs of one form, as a browser would send them, token aside."""
    form = page.text.partition(f'action="{action}"')[2].partition("</form>")[0]
    found = re.findall(r'<input [^>]*name="([^"]+)"[^>]*value="([^"]*)"', form)
    return [(name, value) for name, value in found if name != "csrf" and 'type="radio"' not in name]


def begin(province: Province, who: str, item: str = "elder_card") -> int:
    path = f"/services/{item}/apply"
    page = get(province, who, path)
    form = [(n, v) for n, v in fields_of(page, path) if not n.startswith("q_")]
    answer = post(province, who, path, form)
    assert answer.status_code == 303, words(answer)[:800]
    return int(answer.headers["location"].split("/")[3])


def test_one_applies_and_finds_the_form_filled_in(province: Province) -> None:
    page = get(province, "wang", PATH)
    assert page.status_code == 200
    assert "申请：老年优待证" in words(page)
    number = begin(province, "wang")
    form = get(province, "wang", f"/my/cases/{number}/form")
    said = words(form)
    assert "王若溪" in form.text and "来自示例省公安厅" in said
    again = begin(province, "wang")
    assert again == number
