"""目录上报: numbers of entries, the newest reports, downloads, and whose page it is."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import delete

from tests.province import Province, make_province
from tests.test_portals.official.test_request import get, words
from xihu_catalog.datasets.stored import put_entry
from xihu_catalog.reports.check import check_report
from xihu_catalog.reports.models import CatalogueReportRow, ReportedContractRow
from xihu_platform.database import transaction

PATH = "/official/catalogue-report"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    yield from make_province(tmp_path_factory.mktemp("reported"))


@pytest.fixture(autouse=True)
def _none_yet(own: Province) -> None:
    """Whatever another test has downloaded."""
    with transaction(own.services.node.database) as session:
        for table in (CatalogueReportRow, ReportedContractRow):
            session.execute(delete(table))


def put(province: Province, name: str) -> None:
    services = province.services
    facts = replace(services.entries.get("hb_air_quality_hourly"), id=name)
    with transaction(services.node.database) as session:
        put_entry(session, "hz", facts, services.node.clock())


def test_reports_are_downloaded_and_what_waits_is_counted(own: Province) -> None:
    every = len(own.services.catalogue.contracts.all())
    shown = words(get(own, "luo", PATH))
    assert "还没有上报过" in shown and f"已发布的条目 {every} 已写入报告 0" in shown
    assert "下载增量报告" not in shown
    first = get(own, "luo", f"{PATH}/report.jsonl")
    checked = check_report(first.content.splitlines(keepends=True), own.services.signer.public_key)
    assert checked.entries == every
    put(own, "hz-1")
    put(own, "hz-2")
    shown = words(get(own, "luo", PATH))
    assert f"已写入报告 {every} 尚未写入报告（新增或变更） 2" in shown
    assert "luo-sj" in shown and checked.marker in shown
    second = get(own, "luo", f"{PATH}/report.jsonl?since={checked.marker}")
    assert (
        check_report(
            second.content.splitlines(keepends=True), own.services.signer.public_key
        ).entries
        == 2
    )
    english = words(get(own, "luo", PATH, "en"))
    assert "In no report yet (new or changed) 0" in english and "changes" in english


@pytest.mark.parametrize(
    ("who", "status"), [("luo", 200), ("zhou", 200), ("sun", 403), ("wu", 403), ("gao", 403)]
)
@pytest.mark.parametrize("path", [PATH, f"{PATH}/report.jsonl"])
def test_it_is_the_authoritys_and_chief_data_officers(
    own: Province, who: str, status: int, path: str
) -> None:
    assert get(own, who, path).status_code == status


def test_a_marker_that_is_none_is_refused(own: Province) -> None:
    assert get(own, "luo", f"{PATH}/report.jsonl?since=1.777.7.0123456789abcdef").status_code == 409
    assert get(own, "luo", f"{PATH}/report.jsonl?since=x").status_code == 422
