"""Checks by the standards' validators, on the pages of an entry in both portals."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, delete

from tests.province import NOW, Province
from tests.test_portals.official.test_request import get, words
from xihu_catalog.conformance import checking
from xihu_catalog.conformance.checking import check_changed, published_entries
from xihu_catalog.conformance.models import EntryCheckMark, EntryCheckRow
from xihu_catalog.conformance.validators import CheckResult
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.stored import put_entry, remove_entry
from xihu_platform.database import transaction

AIR = "hb_air_quality_hourly"
PAGES = [("wang", f"/datasets/{AIR}"), ("sun", f"/official/datasets/{AIR}")]
FOUND = (
    CheckResult("dcat_ap", "valid", "pyshacl 0.40.1"),
    CheckResult("croissant", "not_checked", "mlcroissant"),
    CheckResult("odcs", "invalid", "jsonschema 4.26.0", 12, ("$.version: 七 is <b>wrong</b>",)),
    CheckResult("data_package", "no_document", "jsonschema"),
)


@pytest.fixture(autouse=True)
def _unchecked(province: Province) -> Iterator[None]:
    yield
    clear(province.services.node.database)


def clear(database: Engine) -> None:
    with transaction(database) as session:
        session.execute(delete(EntryCheckRow))
        session.execute(delete(EntryCheckMark))


def check(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    def found(_facts: EntryFacts) -> tuple[CheckResult, ...]:
        return FOUND

    monkeypatch.setattr(checking, "check_entry", found)
    node = province.services.node
    entries = published_entries(province.services.catalogue, node.settings.base_url, node.clock)
    check_changed(node.database, entries, node.clock)


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_an_entry_that_was_not_checked_is_not_called_valid(
    province: Province, who: str, path: str
) -> None:
    shown = words(get(province, who, path))
    assert "还没有检查过" in shown and "符合 0" not in shown


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_the_results_are_on_the_page(
    province: Province, monkeypatch: pytest.MonkeyPatch, who: str, path: str
) -> None:
    check(province, monkeypatch)
    shown = words(get(province, who, path))
    assert "DCAT-AP 3.0.1（SHACL） 符合 0 pyshacl 0.40.1" in shown
    assert "Croissant 1.1 未检查：没有安装检查工具 — —" in shown
    assert "数据契约 ODCS 3.1 有不符合之处 12 jsonschema 4.26.0" in shown
    assert "Data Package 2.0 不适用：没有开放的文件 — —" in shown
    answer = get(province, who, path, "en")
    assert "not checked: validator not installed" in words(answer)
    assert "<b>wrong</b>" not in answer.text and "&lt;b&gt;wrong" in answer.text
    assert '<span lang="zh">' in answer.text.partition('id="conformance"')[2]


def test_a_harvested_entry_has_them_too(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = province.services.node.database
    facts = replace(province.services.entries.get(AIR), id="hz-checked")
    with transaction(database) as session:
        put_entry(session, "hz", facts, NOW)
    try:
        check(province, monkeypatch)
        shown = words(get(province, "wang", "/datasets/hz-checked"))
        assert "数据契约 ODCS 3.1 有不符合之处 12" in shown
    finally:
        with transaction(database) as session:
            remove_entry(session, "hz-checked", NOW)
