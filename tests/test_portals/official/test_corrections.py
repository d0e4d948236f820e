"""Corrected records handed in at a load's report: who may, what is taken, what is logged."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import orjson
import pytest
from sqlalchemy import select

from tests.entries import take_over_all
from tests.province import NOW, SCALE, Province, copy_files
from tests.test_portals.api.callers import Call, session_of
from xihu_node.services import open_services
from xihu_pipelines.demo import province as demo
from xihu_pipelines.ingest.load import load_file
from xihu_pipelines.push.corrections import commit_corrections
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.settings import DemoSettings, Settings
from xihu_platform.start import open_node

DATASET = "rs_social_insurance"
HEAD = (
    "身份证号,缴费年月,参保人姓名,单位统一社会信用代码,险种,参保地行政区划代码,"
    "缴费基数（元）,个人缴费（元）,单位缴费（元）,缴费状态,到账日期\n"
)
GOOD = (
    "339999198804120289,{month},王一,91339902452780140W,pension,330106,4813.53,385.08,770.16,"
    "paid,{month}\n"
)
BAD = "339999198804120289,,王一,91339902452780140W,pension,330106,4813.53,385.08,770.16,paid,\n"


@dataclass(frozen=True)
class Report:
    """A load's report as the steward's own form posts to it."""

    province: Province
    load: str

    def post(
        self, body: bytes, *, name: str = "mended.csv", who: str = "sun", csrf: str = ""
    ) -> httpx.Response:
        path = f"/official/loads/{self.load}/corrections"
        cookie, token = session_of(self.province, "right", Call("POST", path, "", who))
        portal = self.province.services.identity.clients["official"].portal
        headers = {"Cookie": f"{portal.cookie}={cookie}", "Accept-Language": "en"}

        async def send() -> httpx.Response:
            async with self.province.client() as client:
                return await client.post(
                    path,
                    headers=headers,
                    data={"csrf": csrf or token},
                    files={"file": (name, body, "text/csv")},
                )

        return asyncio.run(send())

    def commit(self) -> int:
        services = self.province.services
        contract = services.catalogue.contracts.get(DATASET)
        return len(commit_corrections(services.node, contract))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    """The demo's people, and one of its datasets loaded."""
    folder = tmp_path_factory.mktemp("corrected")
    node = open_node(Settings(data_dir=folder, demo=DemoSettings(scale=SCALE)), clock=lambda: NOW)
    demo.settle(node)
    take_over_all(node.database)
    contract = demo.contracts()[DATASET]
    loaded = load_file(node, contract, copy_files(node) / contract.source.path)
    services = open_services(node)
    yield Report(Province(services), loaded.load_id)
    services.log.close()


def good(month: str) -> bytes:
    return (HEAD + GOOD.format(month=month)).encode()


def test_the_same_file_twice_is_one_receipt_and_one_load(report: Report) -> None:
    body = good("2023/01/01")
    assert [report.post(body).status_code for _ in range(2)] == [303, 303]
    assert report.commit() == 1
    assert report.post(body).status_code == 303
    assert report.commit() == 0


@pytest.mark.parametrize(
    ("name", "body", "status", "said"),
    [
        ("a.pdf", b"%PDF", 422, "CSV or Excel"),
        ("", b"", 422, "Choose a file first"),
        ("a.csv", b"id\n1\n", 422, "lacks the columns"),
        ("a.csv", HEAD.encode() + b"x" * (17 << 20), 413, "larger than 16 MB"),
        ("绝密.csv", good("2023/02/01"), 422, "secre"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_the_field(
    report: Report, name: str, body: bytes, status: int, said: str
) -> None:
    answer = report.post(body, name=name)
    assert answer.status_code == status
    note = answer.text.partition('id="f-file-note"')[2].partition("</p>")[0]
    assert said in note


def test_only_the_datasets_own_steward_may(report: Report) -> None:
    body = good("2023/03/01")
    for who in ("chen", "zhou", "wu"):
        assert report.post(body, who=who).status_code == 403
    assert report.post(body, csrf="guessed").status_code == 422
    assert report.commit() == 0


def test_others_see_no_form_and_a_partial_page_is_no_fault(report: Report) -> None:
    path = f"/official/loads/{report.load}"
    cookie, _ = session_of(report.province, "right", Call("GET", path, "", "chen"))
    name = report.province.services.identity.clients["official"].portal.cookie

    async def send() -> httpx.Response:
        async with report.province.client() as client:
            headers = {"Cookie": f"{name}={cookie}", "HX-Request-Type": "partial"}
            return await client.get(path, headers=headers)

    answer = asyncio.run(send())
    assert answer.status_code == 200
    assert 'id="corrections"' not in answer.text


def test_the_log_holds_who_handed_in_what(report: Report) -> None:
    assert report.post(good("2023/04/01")).status_code == 303
    newest = (
        select(AuditEntry)
        .where(AuditEntry.dataset == DATASET)
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    )
    with transaction(report.province.services.node.database) as session:
        body = orjson.loads(session.scalars(newest).one().body)
    assert body["kind"] == "correction"
    assert (body["position"], body["load"]) == ("sun-rs", report.load)
    assert len(body["file"]) == 64
    assert "mended.csv" not in str(body)
    report.commit()
