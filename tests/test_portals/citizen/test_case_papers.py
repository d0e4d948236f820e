"""Papers: what a register has is not asked for; the rest is added as a file or brought."""

import httpx
import pytest
from sqlalchemy import select

from tests import casing
from tests.asking import acted_province
from tests.province import Province
from tests.test_platform.files.made import pdf, png
from tests.test_portals.attaching import attach
from tests.test_portals.citizen.test_apply import fields_of
from tests.test_portals.official.test_request import get, post, words
from xihu_catalog.services.items import service_items
from xihu_platform.database import transaction
from xihu_platform.matters.attachments import THERE, attachments_of
from xihu_platform.matters.command import Value
from xihu_platform.matters.kernel import StaleMatter
from xihu_platform.matters.models import MatterAttachmentRow
from xihu_portals.citizen import case_papers

__all__ = ["acted_province"]  # a fixture


def test_a_photograph_is_added_for_its_paper_and_a_bad_file_is_refused_beside_it(
    province: Province,
) -> None:
    number = casing.begun(province, "elder_card")
    path = f"/my/cases/{number}/papers"
    page = words(get(province, "wang", path))
    assert "需要您提供 1 份" in page and "这 1 份不用交" in page and "来自示例省公安厅" in page
    wrong = attach(province, "wang", path, ("照片.png", b"no picture"), to=f"{path}/photo")
    assert wrong.status_code == 422
    assert 'id="f-photo-note"' in wrong.text
    added = attach(province, "wang", path, ("照片.png", png()), to=f"{path}/photo")
    assert added.status_code == 303 and added.headers["location"] == f"{path}#photo"
    assert "已添加" in words(get(province, "wang", path))
    nothing = attach(province, "wang", path, ("照片.png", png()), to=f"{path}/nothing")
    assert nothing.status_code == 422


def test_a_paper_of_ones_own_beside_a_register_does_not_count_as_asked_for(
    province: Province,
) -> None:
    number = casing.begun(province, "elder_card")
    path = f"/my/cases/{number}/papers"
    attach(province, "wang", path, ("身份证.pdf", pdf()), to=f"{path}/identity")
    page = words(get(province, "wang", f"/my/cases/{number}"))
    assert "免交 2/3 份" in page and "免交：已通过共享获取" in page
    (file,) = stored(province, number)
    assert f'value="identity:{file}"' in get(province, "wang", path).text
    assert remove(province, number, "identity", file).status_code == 303
    assert not stored(province, number)


def test_what_is_brought_to_the_counter_is_chosen(province: Province) -> None:
    number = casing.begun(province, "elder_card")
    path = f"/my/cases/{number}/papers"
    form = fields_of(get(province, "wang", path), path)
    form = [(n, v) for n, v in form if n != "at_counter"]
    answer = post(province, "wang", path, [*form, ("at_counter", "photo")])
    assert answer.status_code == 303
    assert "到窗口交" in words(get(province, "wang", f"/my/cases/{number}"))
    form = [(n, v) for n, v in fields_of(get(province, "wang", path), path) if n != "at_counter"]
    unknown = post(province, "wang", path, [*form, ("at_counter", "nothing")])
    assert unknown.status_code == 422


def test_several_files_of_a_draft_are_all_seen(province: Province) -> None:
    number = casing.begun(province, "low_income", answers="employed=yes")
    path = f"/my/cases/{number}/papers"
    files = {"authorisation": ("授权书.png", png()), "income": ("流水.pdf", pdf())}
    for paper, file in files.items():
        added = attach(province, "wang", path, file, to=f"{path}/{paper}")
        assert added.status_code == 303, words(added)[:500]
    assert words(get(province, "wang", path)).count("已添加") == 2
    assert "还差" not in words(get(province, "wang", path))


def test_a_choice_of_a_second_window_overwrites_no_later_one(province: Province) -> None:
    number = casing.begun(province, "low_income", answers="employed=yes")
    path = f"/my/cases/{number}/papers"
    form = fields_of(get(province, "wang", path), path)
    form = [(n, v) for n, v in form if n != "at_counter"]
    assert post(province, "wang", path, [*form, ("at_counter", "income")]).status_code == 303
    stale = post(province, "wang", path, [*form, ("at_counter", "authorisation")])
    assert stale.status_code == 409 and "您在另一个窗口里改过" in words(stale)
    assert 'value="income" checked' in stale.text
    assert 'value="authorisation" checked' not in stale.text


def stored(province: Province, number: int) -> set[int]:
    row = MatterAttachmentRow
    with transaction(province.services.node.database) as session:
        return set(session.scalars(select(row.id).where(row.matter == number, THERE)))


def remove(province: Province, number: int, paper: str, file: int) -> httpx.Response:
    path = f"/my/cases/{number}/papers"
    form = fields_of(get(province, "wang", path), path)
    return post(province, "wang", path, [*form, ("remove", f"{paper}:{file}")])


def test_a_file_is_replaced_and_the_former_one_is_not_handed_in(province: Province) -> None:
    number = casing.begun(province, "elder_card")
    path = f"/my/cases/{number}/papers"
    to = f"{path}/photo"
    for shade in range(10):
        added = attach(province, "wang", path, (f"{shade}.png", png()), to=to)
        assert added.status_code == 303
    full = attach(province, "wang", path, ("11.png", png()), to=to)
    assert full.status_code == 409 and "最多 10 个附件" in words(full)
    assert "换掉原来的文件" in words(full)
    instead = attach(province, "wang", path, ("11.png", png()), to=to, replaces=True)
    assert instead.status_code == 303, words(instead)
    assert len(stored(province, number)) == 1
    again = attach(province, "wang", path, ("11.png", png()), to=to, replaces=True)
    assert again.status_code == 303 and len(stored(province, number)) == 1


def test_a_file_is_removed_before_handing_in_and_stays_afterwards(province: Province) -> None:
    number = casing.begun(province, "low_income", answers="employed=yes")
    path = f"/my/cases/{number}/papers"
    for paper, name in (("authorisation", "甲.png"), ("income", "乙.png"), ("income", "丙.png")):
        attach(province, "wang", path, (name, png()), to=f"{path}/{paper}")
    first, second, third = sorted(stored(province, number))
    assert remove(province, number, "income", second).status_code == 303
    assert stored(province, number) == {first, third}
    assert remove(province, number, "income", second).status_code == 404  # a second window
    wang = province.citizen("wang")
    values: dict[str, Value] = {"f_mobile": "13800001111", "f_members": "3", "f_name": "王若溪"}
    values |= {"f_address": "示例路", "f_insured": "1"}
    casing.act(province, number, wang, "write", values)
    casing.act(province, number, wang, "submit")
    casing.ask(province, number, "收入流水再补一份")
    page = get(province, "wang", path)
    assert "删除" not in words(page)
    assert remove(province, number, "income", third).status_code == 404
    attach(province, "wang", path, ("丁.png", png()), to=f"{path}/income")
    fourth = max(stored(province, number))
    assert words(get(province, "wang", path)).count("删除") == 1
    assert remove(province, number, "income", fourth).status_code == 303
    assert stored(province, number) == {first, third}
    assert {
        one.id
        for one in attachments_of(
            province.services.matters, wang, province.services.matters.read(wang, number)
        )
    } == {first, third}


def test_the_same_file_for_another_paper_is_moved_and_not_removed(province: Province) -> None:
    number = casing.begun(province, "low_income", answers="employed=yes")
    path = f"/my/cases/{number}/papers"
    for paper in ("authorisation", "income"):
        attach(province, "wang", path, ("同.png", png()), to=f"{path}/{paper}")
    assert len(stored(province, number)) == 1
    assert words(get(province, "wang", path)).count("已添加") == 1


def test_a_number_that_comes_again_is_named_anew(province: Province) -> None:
    """A database may give the number of the file that was removed last to the next one."""
    number = casing.begun(province, "elder_card")
    path = f"/my/cases/{number}/papers"
    for name in ("甲.png", "乙.png"):
        attach(province, "wang", path, (name, png()), to=f"{path}/photo")
        (file,) = stored(province, number)
        assert words(get(province, "wang", path)).count("已添加") == 1
        remove(province, number, "photo", file)
        assert not stored(province, number)
        assert "已添加" not in words(get(province, "wang", path))


def test_what_was_not_handed_in_is_the_applicants_alone(province: Province) -> None:
    """Also after the office asked for it, until it is supplied; then it stays."""
    number = casing.begun(province, "low_income", answers="employed=yes")
    path = f"/my/cases/{number}/papers"
    wang = province.citizen("wang")
    one = service_items()["low_income"]
    given: dict[str, Value] = {
        f"f_{field.id}": casing.MADE_UP.get(field.kind, "示例") for field in one.form
    }
    given["at_counter"] = [paper.id for paper in one.materials]
    casing.act(province, number, wang, "write", given)
    casing.act(province, number, wang, "submit")
    me = "/".join(casing.handler_of(province, number))
    casing.ask(province, number, "补流水")
    attach(province, "wang", path, ("秘密.pdf", pdf()), to=f"{path}/income")
    new = max(stored(province, number))
    there = f"/official/matters/{number}/attachments/{new}"
    assert get(province, me, there).status_code == 404
    assert "秘密" not in get(province, me, f"/official/cases/{number}").text
    casing.act(province, number, wang, "supply")
    assert get(province, me, there).status_code == 200
    assert "秘密" in get(province, me, f"/official/cases/{number}").text


def test_the_number_of_a_file_is_never_anothers(province: Province) -> None:
    number = casing.begun(province, "low_income", answers="employed=yes")
    path = f"/my/cases/{number}/papers"
    attach(province, "wang", path, ("甲.png", png()), to=f"{path}/income")
    first = max(stored(province, number))
    stale = fields_of(get(province, "wang", path), path)
    assert remove(province, number, "income", first).status_code == 303
    attach(province, "wang", path, ("乙.pdf", pdf()), to=f"{path}/income")
    (second,) = stored(province, number)
    assert second > first
    answer = post(province, "wang", path, [*stale, ("remove", f"income:{first}")])
    assert answer.status_code == 404 and stored(province, number) == {second}
    for odd in ("²", "9" * 5000, "-1", ""):
        answer = post(province, "wang", path, [*stale, ("remove", f"income:{odd}")])
        assert answer.status_code == (404 if odd else 303), odd
    assert stored(province, number) == {second}


def test_a_file_that_no_paper_names_can_be_removed(province: Province) -> None:
    number = casing.begun(province, "elder_card")
    path = f"/my/cases/{number}/papers"
    at = f"/my/matters/{number}/attachments"
    assert attach(province, "wang", path, ("走错.png", png()), to=at).status_code == 303
    (file,) = stored(province, number)
    assert remove(province, number, "photo", file).status_code == 303
    assert not stored(province, number)


def test_an_upload_that_is_said_to_have_failed_is_not_handed_in(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = casing.begun(province, "elder_card")
    path = f"/my/cases/{number}/papers"

    def busy(*_: object) -> None:
        raise StaleMatter(province.services.matters.read(province.citizen("wang"), number), 0)

    monkeypatch.setattr(case_papers, "_write", busy)
    answer = attach(province, "wang", path, ("新.png", png()), to=f"{path}/photo")
    assert answer.status_code == 409 and not stored(province, number)


def test_what_another_window_took_back_is_saved_again(province: Province) -> None:
    """The same form, sent a second time after that, is not answered as done before."""
    number = casing.begun(province, "low_income", answers="employed=yes")
    path = f"/my/cases/{number}/papers"

    def form() -> list[tuple[str, str]]:
        shown = fields_of(get(province, "wang", path), path)
        return [(name, value) for name, value in shown if name != "at_counter"]

    first = form()
    post(province, "wang", path, [*first, ("at_counter", "income")])
    post(province, "wang", path, form())
    assert 'value="income" checked' not in get(province, "wang", path).text
    post(province, "wang", path, [*first, ("at_counter", "income")])
    assert 'value="income" checked' in get(province, "wang", path).text
