"""What pages say of a load after corrections of it: its figures stay about the whole."""

import asyncio
import csv
import io
import re
import shutil
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import orjson
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from tests.entries import take_over_all
from tests.province import NOW, SCALE, Province, copy_files
from tests.test_portals.api.callers import Call, session_of
from tests.test_portals.official.test_corrections import BAD, DATASET, HEAD, Report, good
from tests.test_portals.pages.rendered import visitor
from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality.corrections import corrections_of
from xihu_node.services import open_services
from xihu_pipelines.demo import province as demo
from xihu_pipelines.ingest.load import load_file
from xihu_pipelines.push import corrections
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput
from xihu_platform.lake.relocate import relocate
from xihu_platform.rough import rough
from xihu_platform.settings import DemoSettings, Settings
from xihu_platform.start import Node, open_node
from xihu_portals.official import needs as waiting
from xihu_portals.official.load_report import load_notes

WRONG_TWICE = "339901199608274000,,王一,91339902452780140W,pension,330106,1,1,1,paid,\n"
Lines = list[dict[str, str]]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """One dataset of the demo, loaded; one of its records breaks two rules. With its load."""
    folder = tmp_path_factory.mktemp("prepared")
    node = node_of(folder, 0)
    demo.settle(node)
    take_over_all(node.database)
    contract = demo.contracts()[DATASET]
    path = copy_files(node) / contract.source.path
    with path.open("ab") as file:
        file.write(WRONG_TWICE.encode(contract.source.encoding))
    loaded = load_file(node, contract, path)
    open_services(node).close()
    return folder, loaded.load_id


@pytest.fixture(scope="module")
def report(
    prepared: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Report]:
    """For `corrected` and for whoever only reads."""
    yield from reported(prepared, tmp_path_factory.mktemp("reported"))


@pytest.fixture
def own(prepared: tuple[Path, str], tmp_path: Path) -> Iterator[Report]:
    """For one test that hands something in."""
    yield from reported(prepared, tmp_path)


def reported(prepared: tuple[Path, str], folder: Path) -> Iterator[Report]:
    shutil.copytree(prepared[0], folder, dirs_exist_ok=True)
    relocate(folder / "lake")
    services = open_services(node_of(folder, 10**5))
    yield Report(Province(services), prepared[1])
    services.log.close()


def node_of(folder: Path, moments: int) -> Node:
    """Its time goes on, from so many milliseconds after now."""
    told = iter(range(moments, 10**6))
    return open_node(
        Settings(data_dir=folder, demo=DemoSettings(scale=SCALE)),
        clock=lambda: NOW + timedelta(milliseconds=next(told)),
    )


def get(of: Report, path: str, *, language: str = "zh", who: str = "sun") -> httpx.Response:
    cookie, _ = session_of(of.province, "right", Call("GET", path, "", who))
    name = of.province.services.identity.clients["official"].portal.cookie
    headers = {"Cookie": f"{name}={cookie}", "Accept-Language": language}

    async def once() -> httpx.Response:
        async with of.province.client() as client:
            return await client.get(path, headers=headers)

    return asyncio.run(once())


def words(of: Report, path: str, language: str = "zh", who: str = "sun") -> str:
    """The text of a page, its blanks as one."""
    page = get(of, path, language=language, who=who).text
    text = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def section(of: Report, path: str, name: str) -> str:
    return get(of, path).text.partition(f'id="{name}"')[2].partition("</section>")[0]


def lines(content: bytes) -> Lines:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def written(rows: Lines) -> bytes:
    sink = io.StringIO()
    writer = csv.DictWriter(sink, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return sink.getvalue().encode()


def cells(book: bytes) -> list[list[object]]:
    """Of the one sheet of a workbook; a cell that is no text would be no str here."""
    (name,) = CalamineWorkbook.from_filelike(io.BytesIO(book)).sheet_names
    found = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_name(name)
    return [list(row) for row in found.to_python()]


def quarantined(of: Report) -> int:
    return int(loaded(of).summary["xihu.set-aside"])


def loaded(of: Report):  # type: ignore[no-untyped-def]  # a snapshot of the lake
    lake = of.province.services.node.lake
    every = (lake.snapshot(f"data.{DATASET}", i) for i in lake.summaries(f"data.{DATASET}"))
    return next(s for s in every if s.summary["xihu.load-id"] == of.load)


def mend(line: dict[str, str], month: str) -> dict[str, str]:
    """The record as its steward would correct it: every value is one that holds."""
    cells = good(month).decode().splitlines()
    right = dict(zip(cells[0].split(","), cells[1].split(","), strict=True))
    return {name: right.get(name, value) for name, value in line.items()}


@pytest.fixture(scope="module")
def corrected(report: Report) -> Iterator[tuple[Report, str]]:
    """Two of the quarantined records come back corrected; with the load they became."""
    rows = lines(get(report, f"/official/loads/{report.load}/quarantined.csv").content)
    assert len(rows) == quarantined(report) > 10
    body = written([mend(rows[0], "2020/01/01"), mend(rows[1], "2020/02/01")])
    assert report.post(body, name="改好.csv").status_code == 303
    assert report.commit() == 1
    (receipt,) = corrections_of(report.province.services.node.database, report.load)
    assert (receipt.accepted, receipt.quarantined) == (2, 0)
    yield report, receipt.into_load or ""


@pytest.fixture(scope="module")
def contract(report: Report) -> Contract:
    return report.province.services.catalogue.contracts.get(DATASET)


def test_after_a_correction_the_to_do_is_still_about_the_whole_load(
    corrected: tuple[Report, str],
) -> None:
    of, _ = corrected
    left = quarantined(of) - 2
    found = waiting.sections(visitor(of.province, of.province.official("sun"), official=True))
    needs = [need for one in found for need in one.needs]
    (need,) = (one for one in needs if one.href == f"/official/loads/{of.load}")
    assert f"最近一次装载有 {left:,} 条有问题，暂未入库" in str(need.line)
    assert "已更正 2 条" in str(need.line)


def test_the_dataset_page_counts_the_whole_and_lists_its_loads(
    corrected: tuple[Report, str],
) -> None:
    of, into = corrected
    total = quarantined(of)
    page = section(of, f"/official/datasets/{DATASET}", "quality")
    said = " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
    received = int(loaded(of).summary["xihu.received"])
    counts = f"收到 {received:,} 入库 {received - total + 2:,} 有问题，暂未入库 {total - 2:,}"
    assert counts in said
    assert f"装载时有 {total:,} 条有问题，之后已更正 2 条，还有 {total - 2:,} 条待更正。" in said
    assert page.index(f"/official/loads/{of.load}") < page.index(f"/official/loads/{into}")
    assert "改好.csv" in said


def test_the_public_is_not_told_of_single_corrections(corrected: tuple[Report, str]) -> None:
    """Counts of closed data about persons are rough there: two records fewer is two persons."""
    of, _ = corrected

    async def once() -> httpx.Response:
        async with of.province.client() as client:
            return await client.get(f"/datasets/{DATASET}", headers={"Accept-Language": "zh"})

    page = asyncio.run(once()).text
    assert "有问题，暂未入库" in page
    assert "已更正" not in page
    assert "/official/loads/" not in page


def test_the_first_report_says_how_many_were_corrected_and_leads_to_the_correction(
    corrected: tuple[Report, str],
) -> None:
    of, into = corrected
    left = quarantined(of) - 2
    said = words(of, f"/official/loads/{of.load}")
    assert f"{left:,} 条记录有问题，暂未入库" in said
    assert "之后已更正 2 条" in said
    assert f'href="/official/loads/{into}"' in get(of, f"/official/loads/{of.load}").text
    assert "have been corrected since" in words(of, f"/official/loads/{of.load}", "en")


def test_the_report_of_the_correction_leads_back(corrected: tuple[Report, str]) -> None:
    of, into = corrected
    page = get(of, f"/official/loads/{into}")
    assert "这是一份更正" in page.text
    assert f'href="/official/loads/{of.load}"' in page.text
    assert f'action="/official/loads/{of.load}/corrections"' in page.text


def test_the_download_holds_those_still_open_or_all_if_asked(
    corrected: tuple[Report, str],
) -> None:
    of, _ = corrected
    here, total = f"/official/loads/{of.load}/quarantined.csv", quarantined(of)
    rest, every = lines(get(of, here).content), lines(get(of, f"{here}?all=1").content)
    assert (len(rest), len(every)) == (total - 2, total)
    gone = {r["记录号 record"] for r in every} - {r["记录号 record"] for r in rest}
    assert gone == {r["记录号 record"] for r in every[:2]}


def test_rule_counts_are_of_the_open_records_and_say_why_they_add_up_to_more(
    corrected: tuple[Report, str], contract: Contract
) -> None:
    of, _ = corrected
    here = f"/official/loads/{of.load}"
    rest = lines(get(of, f"{here}/quarantined.csv").content)
    reasons = [one for row in rest for one in row["原因 reason"].split("; ")]
    assert len(reasons) > len(rest)
    page = section(of, here, "rules-title")
    counts = re.findall(r'<td class="num">([\d,]+)</td>', page)
    assert sum(int(n.replace(",", "")) for n in counts) == len(reasons)
    assert "一条记录可能不符合多条规则" in page
    assert "A record may break several rules" in words(of, here, "en")


def test_excel_holds_the_same_records_as_text(corrected: tuple[Report, str]) -> None:
    of, _ = corrected
    here = f"/official/loads/{of.load}/quarantined"
    answer = get(of, f"{here}.xlsx")
    assert answer.status_code == 200
    assert f'filename="{DATASET}-quarantined.xlsx"' in answer.headers["Content-Disposition"]
    names, *rows = cells(answer.content)
    found = [dict(zip(map(str, names), row, strict=True)) for row in rows]
    assert found == lines(get(of, f"{here}.csv").content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet, styles = book.read("xl/worksheets/sheet1.xml"), book.read("xl/styles.xml")
    assert b'numFmtId="49"' in styles  # text, as typed
    assert b'<c r="A1" s="1"' in sheet
    assert set(re.findall(rb'<c r="[A-Z]+[0-9]+" s="([0-9]+)"', sheet)) == {b"1"}


def test_excel_comes_back_as_corrections(own: Report) -> None:
    of = own
    content = get(of, f"/official/loads/{of.load}/quarantined.xlsx").content
    names, first, *_ = ([str(cell) for cell in row] for row in cells(content))
    right = mend(dict(zip(names, first, strict=True)), "2020/03/01")
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, names)
        sheet.write_row(1, 0, right.values())
    before = len(lines(get(of, f"/official/loads/{of.load}/quarantined.csv").content))
    assert of.post(sink.getvalue(), name="改好.xlsx").status_code == 303
    assert of.commit() == 1
    after = len(lines(get(of, f"/official/loads/{of.load}/quarantined.csv").content))
    assert after == before - 1


def test_excel_is_in_the_log_like_csv(corrected: tuple[Report, str]) -> None:
    of, _ = corrected
    said, entries = [], set()
    for form in ("csv", "xlsx"):
        assert get(of, f"/official/loads/{of.load}/quarantined.{form}").status_code == 200
        wanted = select(AuditEntry).where(AuditEntry.dataset == DATASET)
        newest = wanted.where(AuditEntry.kind == "intent").order_by(AuditEntry.seq.desc()).limit(1)
        with transaction(of.province.services.node.database) as session:
            entry = session.scalars(newest).one()
            body = orjson.loads(entry.body)
            entries.add(entry.seq)
        said.append({k: body[k] for k in ("exit", "load", "rows", "subjects", "position")})
    assert len(entries) == 2
    assert said[0] == said[1]


def test_a_sample_shows_the_fields_that_its_rule_reads(
    corrected: tuple[Report, str], contract: Contract
) -> None:
    of, _ = corrected
    page = get(of, f"/official/loads/{of.load}").text
    rule = next(r for r in contract.all_rules if "到账日期不得早于缴费月份" in r.title.zh)
    sample = page.partition(f'<div id="{rule.id.replace(".", "-")}">')[2].partition("</table>")[0]
    heads = [unescape(h) for h in re.findall(r"<th[^>]*>(.*?)</th>", sample)]
    assert "到账日期" in " ".join(heads)
    assert "缴费年月" in " ".join(heads)


def test_a_duplicate_key_names_its_fields_and_the_other_record(
    corrected: tuple[Report, str], contract: Contract
) -> None:
    of, _ = corrected
    page = get(of, f"/official/loads/{of.load}").text
    titles = "、".join(f.title.zh for f in contract.fields if f.name in contract.key)
    assert f"主键重复（{titles}）" in page
    sample = page.partition('<div id="key-unique">')[2].partition("</table>")[0]
    heads = " ".join(re.findall(r"<th[^>]*>(.*?)</th>", sample))
    for field in (f for f in contract.fields if f.name in contract.key):
        assert field.source_column in heads
    assert re.search(r"同一文件第 \d+ 条", sample)


def test_the_report_of_a_correction_has_the_numbers_of_its_download(own: Report) -> None:
    rows = lines(get(own, f"/official/loads/{own.load}/quarantined.csv").content)
    body = written([mend(rows[-1], "2020/05/01"), rows[-2]])
    assert own.post(body, name="一条没改.csv").status_code == 303
    assert own.commit() == 1
    newest = corrections_of(own.province.services.node.database, own.load)[0]
    here = f"/official/loads/{newest.into_load}"
    (row,) = lines(get(own, f"{here}/quarantined.csv").content)
    assert (row["记录号 record"], row["批次 load"]) == (rows[-2]["记录号 record"], own.load)
    sample = get(own, here).text.partition('id="rejects-title"')[2]
    number = f"{int(row['记录号 record']):,}"
    assert f'<td class="num">{number}</td>' in sample


def test_one_instruction_stands_on_the_report(corrected: tuple[Report, str]) -> None:
    of, _ = corrected
    said = words(of, f"/official/loads/{of.load}")
    assert said.count("只改这些记录，再在本页提交") == 1
    for other in ("原文件", "重新提交", "整份"):
        assert other not in said


def test_a_refused_correction_is_told_with_one_reason_and_as_a_failed_load(own: Report) -> None:
    assert own.post((HEAD + BAD * 3).encode(), name="没改好.csv").status_code == 303
    assert own.commit() == 0
    receipts = corrections_of(own.province.services.node.database, own.load)
    (refused,) = (one for one in receipts if one.state == "refused")
    assert refused.refusal is not None
    here = f"/official/loads/{own.load}"
    there = f"/official/loads/{refused.into_load}"
    for page in (here, there):
        assert refused.refusal.zh in words(own, page)
        assert refused.refusal.en in words(own, page, "en")
        assert "整份" not in words(own, page)
        days = section(own, page, "history-title")
        assert f'day-failed" href="{there}"' in days
        assert 'class="day day-none" aria-hidden' in days  # the legend
    assert f'action="{here}/corrections"' in get(own, there).text


def test_a_file_refused_before_it_was_read_is_a_failed_load_too(
    own: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise BadInput("读不出", "cannot be read")

    assert own.post(good("2019/01/01")).status_code == 303
    monkeypatch.setattr(corrections, "load_corrections", refuse)
    own.commit()
    here = f"/official/loads/{own.load}"
    assert f'day-failed" href="{here}"' in section(own, here, "history-title")


def test_another_department_gets_no_exact_number_of_a_stopped_load(own: Report) -> None:
    """Of closed data about persons: neither why it was stopped, nor what was put right in it."""
    assert own.post((HEAD + BAD * 3).encode(), name="没改好.csv").status_code == 303
    own.commit()
    receipts = corrections_of(own.province.services.node.database, own.load)
    (refused,) = (one for one in receipts if one.state == "refused")
    page = f"/official/loads/{refused.into_load}"
    mine, theirs = words(own, page), words(own, page, who="jt-steward")
    assert re.search(r"没有一条记录可以入库（[^）]*3 条", mine)
    assert not re.search(r"没有一条记录可以入库（[^）]*\d+(?<!100) 条", theirs)
    assert "不足 100 条" in theirs and "有问题、暂未入库的记录：<100 条" in theirs
    assert "fewer than 100" in words(own, page, "en", who="jt-steward")


def test_a_load_with_few_bad_records_is_not_said_to_have_none(own: Report) -> None:
    page = f"/official/loads/{own.load}"
    assert quarantined(own) < 100
    assert "全部入库" not in words(own, page, who="jt-steward").partition("收到")[0]


def test_what_was_put_right_is_counted_as_the_reader_gets_counts(
    own: Report, contract: Contract
) -> None:
    load = own.province.services.catalogue.loads(contract)[0]
    put_right = replace(load, steps={"paid_on.date": 1234, "person_number.trim": 7})
    known = own.province.services.catalogue.contracts

    def closed(fields: Collection[str], count: int) -> int:
        return rough(count) if "person_number" in fields else count

    said = dict(load_notes(contract, put_right, known, closed)).values()
    assert {"1,234 处", "不足 100 处"} <= {one.zh for one in said}
    assert {"1,234 values", "fewer than 100 values"} <= {one.en for one in said}
