"""The demo's items: complete, decided on in time, and asking for nothing that can be shared."""

import pytest

from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.services.items import service_items

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
