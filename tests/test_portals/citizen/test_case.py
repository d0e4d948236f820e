"""An application is checked and handed in on its page, and read there afterwards."""

from tests import casing
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.citizen.test_apply import fields_of
from tests.test_portals.official.test_request import get, post, words

__all__ = ["acted_province"]  # a fixture


def test_what_is_missing_is_named_and_it_is_handed_in_once(province: Province) -> None:
    number = casing.begun(province, "elder_card")
    path = f"/my/cases/{number}"
    page = get(province, "wang", path)
    assert "还差 4 项" in words(page) and "近期免冠照片" in words(page)
    assert "需要您提供 1 份" in words(page) and "免交 2/3 份" in words(page)
    form = fields_of(page, path)
    refused = post(province, "wang", path, form)
    assert refused.status_code == 422 and "请填写“姓名”" in words(refused)
    wang = province.citizen("wang")
    casing.act(
        province,
        number,
        wang,
        "write",
        {
            "f_name": "王若溪",
            "f_birth_date": "1988-04-12",
            "f_mobile": "13800001234",
            "at_counter": ["photo"],
        },
    )
    form = fields_of(get(province, "wang", path), path)
    first, second = (post(province, "wang", path, form) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert second.headers["location"] == f"/my/matters/{number}"
    shown = words(get(province, "wang", path))
    assert "已提交，待受理" in shown and "已确认" in shown and "13800001234" in shown
    assert "提交申请" not in shown
    assert "我提交的内容" in words(get(province, "wang", f"/my/matters/{number}"))


def test_nobody_else_sees_it(province: Province) -> None:
    number = casing.handed_in(province)
    for who in ("zhao", "zhou"):
        for page in ("", "/form", "/papers"):
            assert get(province, who, f"/my/cases/{number}{page}").status_code == 404
    other = casing.handed_in(province, "elder_card", "zhou")
    assert get(province, "wang", f"/my/cases/{other}").status_code == 404
    not_a_case = get(province, "wang", "/my/cases/2000000000")
    assert not_a_case.status_code == 404


def test_an_open_draft_is_among_my_matters_and_leads_to_its_page(province: Province) -> None:
    number = casing.begun(province, "social_security_card")
    assert f"BJ-{number:06d}" in words(get(province, "wang", "/my/matters"))
    answer = get(province, "wang", f"/my/matters/{number}")
    assert answer.status_code == 303 and answer.headers["location"] == f"/my/cases/{number}"
