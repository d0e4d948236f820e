"""A field's page: what it means, who may read it, what it is tied to, and no value of it."""

import re

import pytest

from tests.province import Province
from tests.test_portals.citizen.counted import contracts
from tests.test_portals.citizen.test_publishers import get
from tests.test_portals.test_known import CASES, set_state


def part(html: str, name: str) -> str:
    return html.partition(f'<section id="{name}"')[2].partition("</section>")[0]


def test_every_field_of_every_dataset_has_a_page_that_its_dataset_leads_to(
    province: Province,
) -> None:
    for dataset in contracts():
        page = part(get(province, f"/datasets/{dataset}"), "fields")
        links = re.findall(rf'href="(/datasets/{dataset}/fields/[^"]+)"', page)
        names = [f.name for f in province.services.catalogue.contracts.get(dataset).fields]
        assert links == [f"/datasets/{dataset}/fields/{name}" for name in names]
        get(province, links[0])
        get(province, links[-1])


def test_it_says_what_the_contract_says(province: Province) -> None:
    html = get(province, "/datasets/fg_penalties/fields/penalty_no")
    for text in ("处罚决定文书号", "行政处罚决定书的文号", "^CF[0-9]{12}$", "主键", "必填"):
        assert text in html
    assert 'href="/standards/elements/XH00095"' in html
    assert 'href="/datasets/fg_penalties"' in html


def test_an_open_field_is_shown_as_it_is_and_a_closed_one_says_why_not(
    province: Province,
) -> None:
    opened = part(get(province, "/datasets/tj_county_economy/fields/quarter"), "access")
    assert "可以看到原样" in opened
    closed = part(get(province, "/datasets/ga_residents/fields/name"), "access")
    assert "不可见" in closed
    assert "DB33/T 2351-2021" in closed


def test_the_first_values_of_a_code_list_are_there(province: Province) -> None:
    html = get(province, "/datasets/ga_residents/fields/sex")
    assert 'href="/standards/codes/sex"' in html
    assert "<code>1</code>" in part(html, "basic")


def test_lineage_leads_to_the_fields_it_is_made_of_and_what_is_made_of_it(
    province: Province,
) -> None:
    made = part(get(province, "/datasets/sg_supervision_monthly/fields/inspections"), "ties")
    assert "/datasets/sg_inspections/fields/" in made
    source = part(get(province, "/datasets/fg_penalties/fields/amount_cny"), "ties")
    assert "/datasets/sg_supervision_monthly/fields/" in source
    assert "由提供部门报送" in source


def test_no_name_of_a_file_is_shown(province: Province) -> None:
    for dataset in ("fg_penalties", "ga_residents"):
        contract = province.services.catalogue.contracts.get(dataset)
        for one in contract.fields:
            html = get(province, f"/datasets/{dataset}/fields/{one.name}")
            assert contract.source.path not in html


def test_metrics_for_officials_alone_are_not_named(province: Province) -> None:
    closed = [m for m in province.services.metrics.values() if m.audience != "public"]
    assert closed
    for spec in closed:
        contract = province.services.catalogue.contracts.get(spec.dataset)
        for one in contract.fields[:3]:
            assert f"/metrics/{spec.id}" not in get(
                province, f"/datasets/{spec.dataset}/fields/{one.name}"
            )


def test_a_public_metric_that_uses_it_is_named(province: Province) -> None:
    spec = province.services.metrics["gdp"]
    assert spec.time_field is not None
    html = get(province, f"/datasets/{spec.dataset}/fields/{spec.time_field}")
    assert 'href="/metrics/gdp"' in html


def test_a_hidden_dataset_is_in_no_lineage_and_no_reference(province: Province) -> None:
    graph = province.services.lineage
    edges = {edge for edge in graph.edges if f"field:{CASES}." in edge.source + edge.target}
    ends = {end for edge in edges for end in (edge.source, edge.target)}
    others = {
        (node.dataset, node.name)
        for end in ends
        if (node := graph.nodes[end]).kind == "field" and node.dataset != CASES
    }
    before = [get(province, f"/datasets/{d}/fields/{f}") for d, f in sorted(others)]
    assert not others or any(CASES in html for html in before)
    set_state(province, "draft")
    try:
        for dataset, field in sorted(others):
            assert CASES not in get(province, f"/datasets/{dataset}/fields/{field}")
        own = province.services.catalogue.contracts.get(CASES).fields[0].name
        get(province, f"/datasets/{CASES}/fields/{own}", 404)
    finally:
        set_state(province, "published")


def test_where_numbers_of_records_are_rough_no_number_of_a_field_is_given(
    province: Province,
) -> None:
    rough = part(get(province, "/datasets/ga_residents/fields/name"), "quality")
    assert "只公布整个数据集的质量" in rough
    assert not re.search("[0-9]", rough.partition("<h2>")[2].replace("</h2>", ""))
    open_one = part(get(province, "/datasets/fg_penalties/fields/penalty_no"), "quality")
    assert "检查的记录" in open_one


def test_the_checks_of_a_field_are_those_of_the_datasets_page(province: Province) -> None:
    """Each share that a field's page gives is one the dataset is measured by."""
    measured = province.services.quality().measure(
        province.services.catalogue.contracts.get("fg_penalties"), province.citizen("wang")
    )
    mine = {
        (check.checked, check.failed)
        for one in measured.now.values()
        for check in (*one.checks, *one.informative)
        if check.id.startswith("penalty_no.")
    }
    html = part(get(province, "/datasets/fg_penalties/fields/penalty_no"), "quality")
    shown = re.findall(r"检查的记录</dt><dd>([0-9,]+)</dd><dt>不符</dt><dd>([0-9,]+)</dd>", html)
    numbers = {(int(a.replace(",", "")), int(b.replace(",", ""))) for a, b in shown}
    assert mine <= numbers
    assert mine


@pytest.mark.parametrize(
    "path",
    [
        "/datasets/fg_penalties/fields/nothing",
        "/datasets/nothing/fields/name",
        "/datasets/hz-none/fields/name",
        "/datasets/fg_penalties/fields/penalty_no%00",
    ],
)
def test_what_is_not_there_is_not_found(province: Province, path: str) -> None:
    get(province, path, 404)
