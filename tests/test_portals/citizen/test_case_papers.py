"""Papers: what a register has is not asked for; the rest is added as a file or brought."""

from tests import casing
from tests.asking import acted_province
from tests.province import Province
from tests.test_platform.files.made import pdf, png
from tests.test_portals.attaching import attach
from tests.test_portals.citizen.test_apply import fields_of
from tests.test_portals.official.test_request import get, post, words

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
