"""A paper in hand and no QR code: what stands on it tells what the code would, and no more."""

import re

import pytest

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.citizen.test_licences import licence
from tests.test_portals.citizen.test_verify import CANARY, LINE, NUMBER, Shown, shown
from tests.test_portals.official.test_request import words
from xihu_catalog.registry.people import organisation_name
from xihu_platform.access.limits import Limits
from xihu_platform.errors import TooMany
from xihu_platform.settings import LimitSettings
from xihu_portals.edge.limited import limits_of

__all__ = ["acted_province", "shown"]  # fixtures
ISSUER = "11330000MB00000001"


def asked(province: Province, number: str, issuer: str, holder: str = CANARY) -> tuple[int, str]:
    form = f"number={number}&issuer={issuer}&holder={holder}"
    answer = send(province, Call("POST", "/verify", form, ""), "no_token")
    return answer.status_code, words(answer)


def test_the_answer_is_that_of_the_code_and_no_way_to_more(shown: Shown) -> None:
    province = shown.province
    status, said = asked(province, NUMBER, ISSUER)
    by_code = words(send(province, Call("GET", f"/verify/{shown.one.token}", "", ""), "no_token"))
    assert status == 200
    for one in ("食品经营许可证", "这份证照目前的状态：有效", "王＊＊"):
        assert one in said and one in by_code
    assert LINE not in said
    form = f"number={NUMBER}&issuer={ISSUER}&holder={CANARY}"
    page = send(province, Call("POST", "/verify", form, ""), "no_token").text
    assert shown.one.token not in page and 'name="code"' not in page
    shown.revoke()
    assert "这份证照目前的状态：吊销" in asked(province, NUMBER, ISSUER)[1]


def test_whatever_does_not_fit_has_one_and_the_same_answer(shown: Shown) -> None:
    province = shown.province
    other = "113399001001548082"
    tried = [
        *[(NUMBER, one, CANARY) for one in (other, "没有这个机关", "")],
        *[(NUMBER, ISSUER, one) for one in ("王某某", "", "王", "王＊＊")],
        *[("SP-0", ISSUER, CANARY), ("", "", "")],
    ]
    found = set()
    for number, issuer, holder in tried:
        status, said = asked(province, number, issuer, holder)
        found.add((status, re.sub(r"请求编号 \w+", "", said)))
    ((status, said),) = found
    assert status == 404 and "没有查到。请核对证照上的编号、发证机关和持证者" in said


def test_the_issuer_is_known_by_its_name_in_either_language(province: Province) -> None:
    one = licence(province)
    name = organisation_name(one.issuer)
    for issuer in (name.zh, name.en, name.en.upper(), one.issuer):
        assert asked(province, one.number, issuer, " 王 若溪")[0] == 200, issuer
    page = send(province, Call("GET", "/verify", "", ""), "no_token")
    assert page.status_code == 200 and f'<option value="{name.zh}">' in page.text


def test_one_address_asks_ten_times_a_minute_at_most() -> None:
    assert limits_of("POST", "/verify") == ("checks",)
    limits = Limits(LimitSettings(), lambda: 0.0)
    for _ in range(10):
        limits.spend("checks", "192.0.2.7")
    with pytest.raises(TooMany):
        limits.spend("checks", "192.0.2.7")
    limits.spend("checks", "192.0.2.8")
