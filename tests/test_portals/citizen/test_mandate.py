"""Whom one acts for: the choice in the header is kept, and only what one holds can be chosen."""

import pytest

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from xihu_platform.database import transaction
from xihu_platform.identity.models import SigninSession

FIRM = "firm:91339900202600012U"


def choose(province: Province, who: str, form: str) -> tuple[int, str]:
    answer = send(province, Call("POST", "/mandate", f"{form}&csrf={{csrf}}", who), "right")
    return answer.status_code, answer.headers.get("location", "")


def chosen(province: Province, who: str) -> set[str | None]:
    person = province.citizen(who).id
    with transaction(province.services.node.database) as session:
        rows = session.query(SigninSession).where(SigninSession.person == person)
        return {row.mandate for row in rows}


def test_the_firm_is_kept_in_the_session_and_the_choice_leads_back(province: Province) -> None:
    assert choose(province, "zhao", f"mandate={FIRM}&next=/my/uses") == (303, "/my/uses")
    assert FIRM in chosen(province, "zhao")


def test_nobody_acts_for_a_firm_that_is_not_theirs(province: Province) -> None:
    status, _ = choose(province, "wang", f"mandate={FIRM}")
    assert status == 404
    assert FIRM not in chosen(province, "wang")


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example/"])
def test_the_choice_leads_to_no_other_site(province: Province, address: str) -> None:
    _, location = choose(province, "zhao", f"mandate=&next={address}")
    assert location.startswith("/") and not location.startswith("//")
