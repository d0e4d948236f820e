"""What a person attaches to their request: seen by them and by whoever verifies it, nobody else."""

from dataclasses import replace

import httpx
import orjson
import pytest
from sqlalchemy import select, text

from tests import casing
from tests.asking import acted_province
from tests.province import Province
from tests.test_platform.files.made import pdf, png
from tests.test_portals.attaching import attach, files_of
from tests.test_portals.citizen.test_correction import sent, ways
from tests.test_portals.official.test_request import get, words
from tests.test_portals.pages.rendered import visitor
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.files import check
from xihu_platform.files.turns import Turns
from xihu_platform.matters.models import MatterAttachmentRow
from xihu_portals.citizen import attachments

__all__ = ["acted_province"]  # a fixture
SLIP = pdf(page=b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Note (wage 8000) >>")


def opened(province: Province, number: int = 0) -> str:
    status, where = sent(province, ways(province)[number])
    assert status == 303, where
    return where.partition("?")[0]


def logged(province: Province) -> list[dict[str, object]]:
    query = select(AuditEntry.body).where(AuditEntry.kind == "attachment").order_by(AuditEntry.seq)
    with transaction(province.services.node.database) as session:
        return [orjson.loads(one) for one in session.scalars(query)]


def section(page: httpx.Response) -> str:
    """What a page says of files."""
    return page.text.partition('id="attachments"')[2].partition("</section>")[0]


def test_the_file_is_there_for_both_sides_each_look_is_logged_and_nobody_else_has_it(
    province: Province,
) -> None:
    mine = opened(province)
    number = mine.rpartition("/")[2]
    theirs = f"/official/matters/{number}"
    assert "还没有附件" in words(get(province, "wang", mine))
    before = len(logged(province))
    form = get(province, "wang", ways(province)[1])
    assert "提交后，可以在办件页面添加证明材料" in words(form)
    assert 'role="status"' not in section(get(province, "wang", mine))
    added = attach(province, "wang", mine, ("C:\\我的\\工资条.exe", SLIP))
    assert added.status_code == 303
    said = section(get(province, "wang", added.headers["location"].partition("#")[0]))
    assert 'role="status"' in said and "已添加" in said
    other = get(province, "wang", f"{mine}?added=999999")
    assert other.status_code == 200 and "已添加" not in other.text
    page = get(province, "wang", mine)
    assert "工资条.pdf" in words(page) and "申请人" in words(page)
    (address,) = files_of(page)
    answer = get(province, "wang", address)
    assert answer.content == SLIP
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    shown = get(province, "sun/sun-rs", theirs)
    assert "工资条.pdf" in words(shown)
    (official,) = files_of(shown)
    uses = words(get(province, "wang", "/my/uses")).count("您的办件中的一个附件")
    assert get(province, "sun/sun-rs", official).content == SLIP
    seen = get(province, "wang", "/my/uses")
    assert words(seen).count("您的办件中的一个附件") == uses + 1 == 1
    assert f"PC-{int(number):06d}" in words(seen) and "《个人信息保护法》第四十六条" in words(seen)
    assert "您的办件中的一个附件" not in words(get(province, "zhao", "/my/uses"))
    did = [(one["did"], one["position"]) for one in logged(province)[before:]]
    assert did == [("attach", None), ("look", None), ("look", "sun-rs")]
    for who, path in (
        ("zhao", address),  # another person
        ("li", mine),
        ("chen/chen-xihu", official),  # another department
        ("fang/fang-rs", official),  # of the same department, who does not verify records
        ("zhou/zhou-sj", official),
        ("wu/wu-sh", official),  # the auditor
    ):
        refused = get(province, who, path)
        assert refused.status_code in {403, 404, 409}, (who, refused.status_code)
        assert b"wage 8000" not in refused.content
    assert "工资条.pdf" not in get(province, "fang/fang-rs", theirs).text
    assert len(logged(province)) == before + 3


def test_the_bytes_of_the_database_have_neither_name_nor_content_and_erasing_takes_them(
    province: Province,
) -> None:
    mine = opened(province, 1)
    number = int(mine.rpartition("/")[2])
    assert attach(province, "wang", mine, ("加密核对.pdf", SLIP)).status_code == 303
    services = province.services
    with transaction(services.node.database) as session:
        row = session.scalars(
            select(MatterAttachmentRow).where(MatterAttachmentRow.matter == number)
        ).one()
        raw = session.connection().execute(
            text("SELECT name, content FROM matter_attachment WHERE id = :id"), {"id": row.id}
        )
        name, content = raw.one()
        assert "加密核对".encode() not in name and b"wage 8000" not in content
    (address,) = files_of(get(province, "wang", mine))
    with transaction(services.node.database) as session:
        services.matters.texts.erase(session, number)
    assert get(province, "wang", address).status_code == 404
    assert files_of(get(province, "wang", mine)) == []


def test_what_cannot_be_taken_is_said_on_the_page_and_changes_nothing(province: Province) -> None:
    mine = opened(province, 2)
    script = pdf(b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (x) >> >>")
    for file, status, told in (
        (("a.pdf", b"<html><script>"), 422, "不接受这种文件"),
        (("a.pdf", script), 422, "会运行的内容"),
        (("a.pdf", b"%PDF-1.7 nothing"), 422, "已损坏"),
        (("a.png", png() + b"x"), 422, "已损坏"),
        (("a.png", png(40_000, 40_000)), 413, "像素"),
        (("a.pdf", SLIP + b" " * (5 << 20)), 413, "文件超过 5 MB"),
        (("a.pdf", b""), 422, "文件是空的"),
    ):
        answer = attach(province, "wang", mine, file)
        assert answer.status_code == status, (told, answer.status_code, words(answer)[:300])
        assert told.replace(" ", "") in words(answer).replace(" ", ""), told
        assert "Traceback" not in answer.text
    english = attach(province, "wang", mine, ("a.pdf", script), language="en")
    assert "something in it that runs" in words(english)
    assert attach(province, "wang", mine, ("a.pdf", SLIP), csrf="none").status_code == 422
    assert attach(province, "wang", mine, ("a.pdf", SLIP), position="sun-rs").status_code == 409
    assert files_of(get(province, "wang", mine)) == []


def test_ten_files_at_most(province: Province) -> None:
    mine = opened(province, 3)
    for number in range(10):
        assert attach(province, "wang", mine, (f"{number}.png", png())).status_code == 303
    page = get(province, "wang", mine)
    assert len(files_of(page)) == 10 and 'type="file"' not in page.text
    before = len(logged(province))
    late = attach(province, "wang", mine, ("11.png", png()), position="")
    assert len(logged(province)) == before, "nothing was stored: nothing is said to be"
    assert late.status_code == 409 and "最多10个附件" in words(late).replace(" ", "")


def test_where_every_turn_is_taken_one_is_told_when_to_come_back(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = opened(province, 4)
    monkeypatch.setattr(check, "_TURNS", Turns(at_once=0, wait_s=0.01))
    answer = attach(province, "wang", mine, ("a.pdf", SLIP))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "正在检查其他人的文件，这一个没有添加" in words(answer)
    assert files_of(get(province, "wang", mine)) == []


def test_a_case_asks_for_its_level_to_add_a_file_and_to_open_one(province: Province) -> None:
    """As its own pages do; a sign-in of level 2 is sent to verify further."""
    number = casing.begun(province, "elder_card")
    path = f"/my/matters/{number}/attachments"
    assert attach(province, "wang", f"/my/cases/{number}/papers", ("甲.png", png()), to=path)
    with transaction(province.services.node.database) as session:
        row = MatterAttachmentRow
        file = session.scalars(select(row.id).where(row.matter == number)).one()
    low = visitor(province, replace(province.citizen("wang"), level=2), official=False)
    for answer in (attachments._further(low, number), attachments.opened(low, number, file)):
        assert answer is not None and answer.status_code == 303
        assert answer.headers["location"].startswith("/signin?level=3")
    full = visitor(province, province.citizen("wang"), official=False)
    assert attachments._further(full, number) is None
    assert attachments.opened(full, number, file).status_code == 200
