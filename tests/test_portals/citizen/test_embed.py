"""A number in another site's frame: public, anonymous, without cookie, script or form."""

import pytest

from tests.province import Province
from tests.test_portals.api.callers import Call, send

NUMBER = "/embed/metrics/gdp?region=330106"


def test_other_sites_may_frame_it_and_it_sets_no_cookie(province: Province) -> None:
    answer = send(province, Call("GET", f"{NUMBER}&lang=en", "", "wang"), "right")
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors *" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "x-frame-options" not in answer.headers
    assert "set-cookie" not in answer.headers
    for piece in ("<script", "<form", "<nav", "csrf", "王"):
        assert piece not in answer.text
    assert "Gross domestic product" in answer.text


def test_no_other_page_may_be_framed(province: Province) -> None:
    for path in ("/", "/metrics/gdp", "/places/330106"):
        answer = send(province, Call("GET", path, "", "wang"), "no_token")
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_who_is_signed_in_is_told_the_same_as_anybody(province: Province) -> None:
    """An official's session opens nothing: the frame reads no session."""
    own = send(province, Call("GET", NUMBER, "", "wang"), "right").text
    assert own == send(province, Call("GET", NUMBER, "", "wang"), "no_token").text
    for kind in ("right", "no_token"):
        closed = send(province, Call("GET", "/embed/metrics/aid_recipients", "", "sun"), kind)
        assert closed.status_code == 403
        assert "frame-ancestors *" in closed.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/embed/metrics/none", 404),
        ("/embed/metrics/gdp?region=nowhere", 422),
        ("/embed/metrics/gdp?grain=hour", 422),
        ("/embed/metrics/gdp?as_of=2026-01-01", 422),
        ("/embed/metrics/gdp?x=1", 422),
        ("/embed/charts/gdp?as_of=2026-01-01", 422),
    ],
)
def test_a_fault_is_told_in_words_within_the_frame(
    province: Province, address: str, status: int
) -> None:
    answer = send(province, Call("GET", f"{address}", "", "wang"), "no_token")
    assert answer.status_code == status
    assert '<main class="embedded' in answer.text
    assert "figure-number" not in answer.text


def test_the_line_to_copy_shows_the_place_that_the_page_shows(province: Province) -> None:
    page = send(province, Call("GET", "/metrics/gdp?place=西湖", "", "wang"), "no_token").text
    assert "/embed/metrics/gdp?place=330106" in page
