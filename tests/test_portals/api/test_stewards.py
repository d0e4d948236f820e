"""A dataset's quarantined records are its own stewards', however many stewards there are."""

import pytest

from tests.province import Province
from tests.test_portals.api.callers import Call, send

DATASET = "rs_social_insurance"


@pytest.fixture(scope="module")
def load(province: Province) -> str:
    catalogue = province.services.catalogue
    return catalogue.loads(catalogue.contracts.get(DATASET))[0].load_id


def ask(province: Province, who: str, address: str, method: str = "GET") -> int:
    form = "csrf={csrf}" if method == "POST" else ""
    return send(province, Call(method, address, form, who), "right").status_code


@pytest.mark.parametrize("who", ["sun", "he"])
def test_both_stewards_of_the_department_may(province: Province, load: str, who: str) -> None:
    for form in ("csv", "xlsx"):
        assert ask(province, who, f"/official/loads/{load}/quarantined.{form}") == 200
    assert ask(province, who, f"/official/loads/{load}/corrections", "POST") == 422


@pytest.mark.parametrize("who", ["tang", "shen", "chen", "zhou", "lin", "gao", "xu", "luo", "wu"])
def test_another_departments_steward_and_everybody_else_may_not(
    province: Province, load: str, who: str
) -> None:
    for form in ("csv", "xlsx"):
        assert ask(province, who, f"/official/loads/{load}/quarantined.{form}") == 403
    assert ask(province, who, f"/official/loads/{load}/corrections", "POST") == 403


@pytest.mark.parametrize(("who", "shown"), [("he", True), ("tang", False), ("zhou", False)])
def test_the_load_page_shows_raw_records_to_its_stewards_alone(
    province: Province, load: str, who: str, shown: bool
) -> None:
    answer = send(province, Call("GET", f"/official/loads/{load}", "", who), "right")
    assert answer.status_code == 200
    assert ("quarantined.csv" in answer.text) is shown
    assert ('id="corrections"' in answer.text) is shown
