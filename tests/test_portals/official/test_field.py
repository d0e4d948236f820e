"""A field's page for officials: with what the position sees, and the numbers it may know."""

from tests.province import Province
from tests.test_portals.api.callers import Call, send


def page(province: Province, dataset: str, field: str, who: str) -> str:
    path = f"/official/datasets/{dataset}/fields/{field}"
    answer = send(province, Call("GET", path, "", who), "right")
    assert answer.status_code == 200, answer.text[:300]
    return answer.text


def part(html: str, name: str) -> str:
    return html.partition(f'<section id="{name}"')[2].partition("</section>")[0]


def treated(province: Province, dataset: str, field: str, who: str) -> str:
    return part(page(province, dataset, field, who), "access")


def test_each_position_reads_its_own_treatment(province: Province) -> None:
    """sun provides social insurance; chen, of a district, has no request for it in force."""
    contract = province.services.catalogue.contracts.get("rs_social_insurance")
    name = next(f.name for f in contract.fields if f.grade == "L2")
    assert "可以看到原样" in treated(province, "rs_social_insurance", name, "sun")
    assert "不可见" in treated(province, "rs_social_insurance", name, "chen")


def test_links_stay_in_the_portal_and_lead_to_the_drawing(province: Province) -> None:
    html = page(province, "fg_penalties", "amount_cny", "sun")
    ties = part(html, "ties")
    assert "/official/datasets/sg_supervision_monthly/fields/" in ties
    assert 'href="/datasets/' not in ties
    assert "/official/lineage?node=field%3Afg_penalties.amount_cny" in ties


def test_its_dataset_leads_to_it(province: Province) -> None:
    answer = send(province, Call("GET", "/official/datasets/fg_penalties", "", "sun"), "right")
    assert 'href="/official/datasets/fg_penalties/fields/penalty_no"' in answer.text


def test_numbers_of_records_are_for_those_who_may_know_them(province: Province) -> None:
    assert "检查的记录" in page(province, "rs_social_insurance", "wage_base_cny", "sun")
    rough = part(page(province, "rs_social_insurance", "wage_base_cny", "chen"), "quality")
    assert "检查的记录" not in rough
