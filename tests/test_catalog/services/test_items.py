"""The demo's items: complete, decided on in time, and asking for nothing that can be shared."""

import pytest

from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.services.items import service_items
from xihu_catalog.services.limits import decision_of, duties_of
from xihu_platform.statute.words import article_named
from xihu_platform.words import Text

CONTRACTS = load_contracts(registry_folder() / "contracts")


@pytest.mark.parametrize("name", service_items())
def test_what_an_item_names_is_there(name: str) -> None:
    one = service_items()[name]
    sources = [m.source for m in one.materials] + [f.from_ for f in one.form]
    for source in filter(None, sources):
        contract = CONTRACTS[source.dataset]
        for field in source.fields:
            assert contract.field(field) is not None, (source.dataset, field)


def test_the_recognition_names_nine_papers_of_which_seven_are_shared() -> None:
    papers = service_items()["low_income"].materials
    assert (len(papers), sum(one.source is not None for one in papers)) == (9, 7)


@pytest.mark.parametrize(
    ("name", "zh", "en"),
    [
        # 许可法 42 sets the days of a licence; the law on food says only that there is a licence
        (
            "food_permit",
            "《中华人民共和国行政许可法》第四十二条",
            "Administrative Licensing Law, art. 42",
        ),
        (
            "low_income",
            "《浙江省社会救助条例》第十三条",
            "Zhejiang Regulation on Social Assistance, art. 13",
        ),
        (
            "firm_change",
            "《中华人民共和国市场主体登记管理条例》第十九条",
            "Regulation on the Registration of Market Entities, art. 19",
        ),
        (
            "information_request",
            "《中华人民共和国政府信息公开条例》第三十三条",
            "Regulation on Open Government Information, art. 33",
        ),
        ("elder_card", "办事指南", "set by no article of a law"),
    ],
)
def test_a_limit_names_the_one_article_that_sets_it(name: str, zh: str, en: str) -> None:
    item = service_items()[name]
    assert article_named(duties_of(item)[decision_of(item)]) == Text(zh, en)
