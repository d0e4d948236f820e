"""The application to register a data resource, for the steward of its department."""

import io

import pytest
from python_calamine import CalamineWorkbook

from tests.province import Province
from tests.test_portals.official.test_request import get, words

PATH = "/official/datasets/rs_social_insurance/registration"


def test_a_steward_has_the_form_filled_in_as_far_as_it_is_known(province: Province) -> None:
    contract = province.services.catalogue.contracts.get("rs_social_insurance")
    shown = words(get(province, "sun", PATH))
    assert contract.title.zh in shown and contract.provider in shown
    assert shown.count("（待填写）") == 21  # 19 that the node never knows, and two of derived data
    english = words(get(province, "sun", PATH, "en"))
    assert contract.title.en in english and english.count("(to be filled in)") == 21


def test_the_sheet_says_the_same(province: Province) -> None:
    answer = get(province, "sun", f"{PATH}.xlsx")
    assert answer.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    cells = {row[0]: row[1] for row in book.get_sheet_by_index(0).to_python()[2:]}
    contract = province.services.catalogue.contracts.get("rs_social_insurance")
    assert cells["资源名称"] == contract.title.zh
    assert cells["存证编号"] == ""


@pytest.mark.parametrize("who", ["tang", "luo", "zhou", "gao", "wu", "chen"])
@pytest.mark.parametrize("form", ["", ".xlsx"])
def test_others_may_not(province: Province, who: str, form: str) -> None:
    assert get(province, who, PATH + form).status_code == 403


def test_there_is_none_of_what_is_not_there(province: Province) -> None:
    assert get(province, "sun", "/official/datasets/no_such/registration").status_code == 404


def test_the_page_of_the_dataset_leads_its_steward_there(province: Province) -> None:
    assert PATH in get(province, "sun", "/official/datasets/rs_social_insurance").text
    assert PATH not in get(province, "tang", "/official/datasets/rs_social_insurance").text
