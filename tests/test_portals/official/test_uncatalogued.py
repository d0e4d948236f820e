"""What is not catalogued, on its page, as CSV and over HTTP: what exactly, to whom, and no draft
that the reader may not know of."""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, update

from tests.province import Province, make_province
from tests.test_portals.api.callers import POSITIONS, Call, send
from tests.test_portals.official.test_request import get, words
from xihu_catalog.contracts.entries import CatalogueEntryRow
from xihu_catalog.datasets import intake_files
from xihu_catalog.datasets.uncatalogued import uncatalogued
from xihu_catalog.drafting.models import CensusTableRow
from xihu_catalog.drafting.remembered import remember_census
from xihu_catalog.drafting.scan import ScannedColumn
from xihu_catalog.registry.people import content
from xihu_platform.database import transaction
from xihu_platform.identity.principal import Position
from xihu_portals.official import uncatalogued as page

PAGE, ANSWER = "/official/uncatalogued", "/api/v1/uncatalogued"
MZ, YB = "11339900100101378G", "113399001001041148"
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
WITHOUT = {"IS-MZ-03", "IS-XHCG-01"}
"""By the file: those in use that name no dataset."""


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """One of its own: the tests put files and findings there."""
    yield from make_province(tmp_path_factory.mktemp("uncatalogued"))


@pytest.fixture
def intake(province: Province) -> Iterator[Path]:
    folder = province.services.node.settings.data_dir / "intake"
    folder.mkdir(exist_ok=True)
    before = set(folder.rglob("*"))
    yield folder
    for path in sorted(set(folder.rglob("*")) - before, reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


@pytest.fixture(autouse=True)
def stewards(monkeypatch: pytest.MonkeyPatch) -> None:
    for who in ("mz-steward", "jy-steward"):
        monkeypatch.setitem(POSITIONS, who, who)


@pytest.fixture
def census(province: Province) -> Iterator[None]:
    """Three tables of two departments, one of them with likely personal data."""
    database = province.services.node.database
    marriages = table("marriages", "婚姻登记", rows=120_000, personal=("sfzh:citizen_id", "xm:n"))
    counters = table("counters", "=1+1", schema="public", rows=None)
    remember_census(database, "hydj", MZ, [marriages, counters], NOW)
    remember_census(database, "yb_core", YB, [table("visits_log", "", estimated=True)], NOW)
    yield
    with transaction(database) as session:
        session.execute(delete(CensusTableRow))


@pytest.fixture
def draft(province: Province) -> Iterator[None]:
    """The entry of pupils as a draft that was not handed in: both of its system's datasets."""
    database = province.services.node.database
    row = CatalogueEntryRow
    of = row.dataset.in_(["jy_pupils", "jy_schools"])
    with transaction(database) as session:
        kept = {one.dataset: one.reviewer for one in session.query(row).where(of)}
        session.execute(update(row).where(of).values(state="draft", reviewer=None))
    yield
    with transaction(database) as session:
        for name, reviewer in kept.items():
            changed = update(row).where(row.dataset == name)
            session.execute(changed.values(state="published", reviewer=reviewer))


def table(
    name: str,
    title: str,
    *,
    schema: str | None = None,
    rows: int | None = 3,
    estimated: bool = False,
    personal: tuple[str, ...] = (),
) -> ScannedColumn:
    labels = frozenset({f"{name}_a", f"{name}_b"})
    return ScannedColumn(
        schema, name, title, rows, estimated, 2, None, personal, None, labels=labels
    )


def answer(province: Province, who: str, query: str = "") -> dict[str, Any]:  # Any: JSON
    found = send(province, Call("GET", ANSWER + query, "", who), "right")
    assert found.status_code == 200, found.text
    body: dict[str, Any] = found.json()
    return body


def systems(province: Province, who: str) -> set[str]:
    page = get(province, who, PAGE)
    assert page.status_code == 200, page.text
    shown = set(re.findall(r"\bIS-[A-Z0-9-]+", words(page)))
    assert {one["id"] for one in answer(province, who)["systems"]} == shown
    return shown


def lines(province: Province, who: str, lang: str = "zh") -> list[list[str]]:
    found = send(province, Call("GET", f"{PAGE}.csv?lang={lang}", "", who), "right")
    assert found.headers["content-type"] == "text/csv; charset=utf-8"
    assert found.content.startswith("\ufeff".encode())
    return list(csv.reader(StringIO(found.content.decode("utf-8-sig"))))


def test_an_authority_sees_its_area_and_a_department_its_own(province: Province) -> None:
    assert systems(province, "luo") == systems(province, "zhou") == WITHOUT
    assert systems(province, "mz-steward") == {"IS-MZ-03"}
    assert systems(province, "yao") == {"IS-XHCG-01"}
    assert systems(province, "sun") == set()
    said = words(get(province, "luo", PAGE))
    assert "还有什么没有编目？" in said and "共 13 个" in said, "14 lines, one has ended"
    assert "全省婚姻登记管理系统" in said and "示例省民政厅" in said
    assert "原行政审批管理系统" not in said, "it has ended"
    assert "在用的信息系统都有目录条目" in words(get(province, "sun", PAGE))
    assert "台账上没有您负责的在用系统" in words(get(province, "chen", PAGE))


def test_an_authority_of_a_district_sees_no_file_and_no_other_area(
    province: Province, intake: Path
) -> None:
    (intake / "unnamed.csv").write_text("a\n")
    catalogue, today = province.services.catalogue, NOW.date()
    office = replace(province.position("luo"), region="330106")
    found = uncatalogued(catalogue, intake, office, today)
    assert [one.system.id for one in found.systems] == ["IS-XHCG-01"]
    assert found.files is None
    above = uncatalogued(catalogue, intake, province.position("luo"), today)
    assert above.files is not None
    assert [one.name for one in above.files.files] == ["unnamed.csv"]


def test_an_auditor_works_with_the_log_alone(province: Province) -> None:
    for path in (PAGE, f"{PAGE}.csv", ANSWER):
        assert send(province, Call("GET", path, "", "wu"), "right").status_code == 403
    assert "/official/uncatalogued" not in get(province, "wu", "/official/catalogue").text
    assert "/official/uncatalogued" in get(province, "luo", "/official/catalogue").text


def test_a_draft_is_one_to_its_department_and_nothing_to_whom_it_is_hidden_from(
    province: Province, draft: None
) -> None:
    own = answer(province, "jy-steward")["systems"]
    assert [(one["id"], one["state"], one["drafts"]) for one in own] == [
        ("IS-JY-01", "draft", ["jy_pupils", "jy_schools"])
    ]
    page = get(province, "jy-steward", PAGE)
    assert "条目还是草稿" in words(page) and "/official/datasets/jy_pupils" in page.text
    for who in ("luo", "zhou"):
        found = {one["id"]: one for one in answer(province, who)["systems"]}
        assert found.keys() == WITHOUT | {"IS-JY-01"}
        assert (found["IS-JY-01"]["state"], found["IS-JY-01"]["drafts"]) == ("nothing", [])
        for path in (PAGE, f"{PAGE}.csv", ANSWER):
            text = send(province, Call("GET", path, "", who), "right").text
            assert "jy_pupils" not in text and "jy_schools" not in text, path
    assert "条目还是草稿" not in words(get(province, "luo", PAGE))


def test_one_published_dataset_is_an_entry_of_its_system(province: Province, draft: None) -> None:
    row = CatalogueEntryRow
    with transaction(province.services.node.database) as session:
        session.execute(update(row).where(row.dataset == "jy_schools").values(state="published"))
    assert systems(province, "jy-steward") == set()


def test_tables_are_those_of_the_departments_in_sight(province: Province, census: None) -> None:
    def seen(who: str) -> set[str]:
        return {one["table"] for one in answer(province, who)["tables"]}

    assert seen("luo") == {"marriages", "public.counters", "visits_log"}
    assert seen("mz-steward") == {"marriages", "public.counters"}
    assert seen("tang") == {"visits_log"}
    assert seen("sun") == set()
    page = get(province, "mz-steward", PAGE)
    said = words(page)
    assert "120,000" in said and "sfzh, xm" in said and "读取失败" in said
    assert "连接 hydj：2 张表" in said and "visits_log" not in said
    assert f"xihu contract scan hydj --provider {MZ} --folder drafts" in said
    assert "约 3" in words(get(province, "tang", PAGE))
    assert "还没有普查过数据库" in words(get(province, "sun", PAGE))


def test_a_table_that_a_contract_covers_meanwhile_is_not_listed(
    province: Province, census: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The census is not scanned again: the contract in force names its table."""
    from xihu_catalog.contracts.remote import Remote

    contracts = province.services.catalogue.contracts
    named = dict(contracts.all())
    elder = named["mz_elder_care"]
    remote = Remote("mysql", "HYDJ", table="marriages")
    named["mz_elder_care"] = replace(elder, source=replace(elder.source, remote=remote))
    position = province.position("mz-steward")
    intake = province.services.node.settings.data_dir / "intake"
    before = uncatalogued(province.services.catalogue, intake, position, NOW.date())
    assert [one.name for one in before.tables] == ["marriages", "public.counters"]
    monkeypatch.setattr(contracts, "all", lambda: named)
    after = uncatalogued(province.services.catalogue, intake, position, NOW.date())
    assert [one.name for one in after.tables] == ["public.counters"]


def test_files_are_for_those_who_oversee_every_organisation(
    province: Province, intake: Path
) -> None:
    (intake / "2026").mkdir(exist_ok=True)
    (intake / "2026" / "地锁\u202e<b>.csv").write_bytes(b"x" * 2_500)
    for who in ("luo", "zhou"):
        found = answer(province, who)
        assert [(one["name"], one["size_bytes"]) for one in found["files"]] == [
            ("2026/地锁\ufffd<b>.csv", 2_500)
        ]
        page = get(province, who, PAGE)
        assert "2026/地锁\ufffd&lt;b&gt;.csv" in page.text and "2.5 kB" in words(page)
    for who in ("sun", "mz-steward", "yao"):
        assert answer(province, who)["totals"]["files"] is None
        for path in (PAGE, f"{PAGE}.csv", ANSWER):
            assert "地锁" not in send(province, Call("GET", path, "", who), "right").text
    (intake / "2026" / "地锁\u202e<b>.csv").unlink()
    assert "交换目录中的文件都有契约" in words(get(province, "luo", PAGE))


def test_the_demos_own_files_all_have_a_contract(province: Province) -> None:
    assert answer(province, "luo")["files"] == []


def test_the_csv_has_all_three_and_nothing_that_a_spreadsheet_runs(
    province: Province, census: None, intake: Path
) -> None:
    (intake / "=cmd|' !A1.csv").write_text("a\n")
    found = lines(province, "luo")
    assert found[0][:2] == ["种类", "单位"]
    by_kind = {
        kind: [row for row in found if row[0] == kind] for kind in ("信息系统", "数据表", "文件")
    }
    assert [len(rows) for rows in by_kind.values()] == [2, 3, 1]
    assert {row[4] for row in by_kind["数据表"]} == {"婚姻登记", "'=1+1", ""}
    assert by_kind["文件"][0][3].startswith("'=cmd")
    assert by_kind["信息系统"][0][2:4] == ["IS-MZ-03", "全省婚姻登记管理系统"]
    english = lines(province, "luo", "en")
    assert english[0][0] == "kind" and english[1][0] == "Systems"
    assert lines(province, "chen") == [found[0]], "a department without any has the head alone"


def test_each_list_is_paged_and_keeps_the_page_of_the_others(
    province: Province, intake: Path
) -> None:
    for number in range(120):
        (intake / f"{number:03d}.csv").write_text("")
    first = get(province, "luo", f"{PAGE}?systems=1")
    assert "049.csv" in first.text and "050.csv" not in first.text
    assert 'href="/official/uncatalogued?files=2#files"' in first.text
    last = get(province, "luo", f"{PAGE}?files=3")
    assert "119.csv" in last.text and "099.csv" not in last.text
    assert 'href="/official/uncatalogued?files=2#files"' in last.text
    assert "IS-MZ-03" in last.text
    beyond = get(province, "luo", f"{PAGE}?files=9")
    assert beyond.status_code == 200 and "?files=8#files" in beyond.text
    assert [one["name"] for one in answer(province, "luo", "?offset=118&limit=1")["files"]] == [
        "118.csv"
    ]
    assert answer(province, "luo", "?limit=1")["totals"]["files"] == 120
    for wrong in ("?files=0", "?files=1001", "?tables=x"):
        assert get(province, "luo", PAGE + wrong).status_code == 422
    assert (
        send(province, Call("GET", f"{ANSWER}?limit=1001", "", "luo"), "right").status_code == 422
    )


def test_where_there_are_too_many_the_page_says_so(
    province: Province, intake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        (intake / f"{number}.csv").write_text("")
    assert "没有全部列出" not in words(get(province, "luo", PAGE))
    monkeypatch.setattr(intake_files, "LISTED", 2)
    assert "没有全部列出" in words(get(province, "luo", PAGE))
    assert answer(province, "luo")["totals"]["is_whole"] is False


def test_what_to_do_is_what_the_position_may(province: Province) -> None:
    page = get(province, "mz-steward", PAGE)
    assert "xihu contract scan" in words(page)
    both = replace(province.position("luo"), duties=frozenset({"authority", "handler"}))
    assert isinstance(both, Position)
    english = get(province, "luo", PAGE, "en")
    assert "What is not catalogued yet?" in english.text
    assert "Provincial system of marriage registration" in english.text


def test_an_authority_reads_whom_to_ask_in_each_department(
    province: Province, census: None
) -> None:
    """By the registry of people: a steward and the head of a sharing office catalogue."""
    shown = words(get(province, "luo", PAGE)).partition("请哪些岗位编目")[2]
    listed = {
        name: shown.partition(f"{name} ：")[2][:60] or shown.partition(f"{name}：")[2][:60]
        for name in ("示例省民政厅", "示例省医疗保障局")
    }
    assert all(listed.values()), shown[:400]
    at_work = {
        position.organisation: position.title_zh
        for person in content().people
        for position in person.positions
        if {"steward", "sharing_head"} & set(position.duties)
    }
    for name, uscc in (("示例省民政厅", MZ), ("示例省医疗保障局", YB)):
        assert at_work[uscc] in listed[name]
        assert get(province, "luo", f"/official/scorecards/{uscc}").status_code == 200
    assert "请哪些岗位编目" not in words(get(province, "mz-steward", PAGE))


def test_a_department_without_such_a_position_is_named_as_one(
    province: Province, census: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "cataloguing_positions", lambda *_: {})
    assert "没有登记编目的岗位" in words(get(province, "luo", PAGE))


def test_the_english_page_marks_what_is_chinese(
    province: Province, census: None, intake: Path
) -> None:
    (intake / "停车.csv").write_text("")
    page: httpx.Response = get(province, "luo", PAGE, "en")
    main = page.text.partition("<main")[2].partition("</main>")[0]
    marked = re.sub(r'<(\w+)[^>]*lang="zh"[^>]*>.*?</\1>', "", main, flags=re.S)
    assert "婚姻登记" in main and "停车" in main
    assert not re.search(r"[\u4e00-\u9fff]", marked), re.findall(r"[\u4e00-\u9fff]+", marked)
