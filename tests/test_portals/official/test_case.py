"""A case at the desk: given beside registered, by whoever has it, each read once and in the log."""

from tests import casing
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.citizen.test_apply import fields_of, reads
from tests.test_portals.official.test_request import get, post, words
from xihu_platform.access.grounds import GroundRow
from xihu_platform.database import transaction

__all__ = ["acted_province"]  # a fixture
SUN = "sun/sun-rs"


def holder(province: Province, number: int) -> str:
    with transaction(province.services.node.database) as session:
        return session.get_one(GroundRow, f"BJ-{number:06d}").position


def who_has(province: Province, number: int) -> str:
    position = holder(province, number)
    return f"{position.partition('-')[0]}/{position}" if position.endswith("xihu") else SUN


def do(province: Province, who: str, number: int, event: str, *said: tuple[str, str]) -> None:
    path = f"/official/cases/{number}"
    page = get(province, who, path).text
    form = page.partition(f'value="{event}"')
    before, after = form[0].rpartition("<form")[2], form[2].partition("</form>")[0]
    hidden = dict(_inputs(before + f'value="{event}"' + after))
    hidden.pop("csrf")
    answer = post(province, who, path, [*(hidden | dict(said)).items()])
    assert answer.status_code == 303, words(answer)[:900]


def _inputs(html: str) -> list[tuple[str, str]]:
    import re

    return re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)


def test_the_registers_are_read_under_the_case_with_nothing_typed(province: Province) -> None:
    number = casing.handed_in(province, "retirement")
    who, path = who_has(province, number), f"/official/cases/{number}"
    if holder(province, number) != "sun-rs":
        do(province, SUN, number, "take")
        who = SUN
    before = [one for one in reads(province, number) if one[0] == "case"]
    assert before == []
    page = get(province, who, path)
    form = fields_of(page, f"{path}/check")
    assert post(province, who, f"{path}/check", form).status_code == 303
    shown = words(get(province, who, path))
    assert "核对" in shown
    read = [one for one in reads(province, number) if one[0] == "case"]
    assert len(read) == len(set(read)) >= 1
    post(province, who, f"{path}/check", form)
    assert [one for one in reads(province, number) if one[0] == "case"] == read


def test_another_organisation_has_no_part_in_it(province: Province) -> None:
    number = casing.handed_in(province)
    for page in ("", "/check"):
        assert get(province, SUN, f"/official/cases/{number}{page}").status_code == 404
    assert get(province, "chen/chen-yb", f"/official/cases/{number}").status_code == 404
    matter = get(province, "chen/chen-xihu", f"/official/matters/{number}")
    assert matter.headers["location"] == f"/official/cases/{number}"


def test_it_is_accepted_granted_and_delivered_by_one_button_each(province: Province) -> None:
    number = casing.handed_in(province)
    chen = "chen/chen-xihu"
    if holder(province, number) != "chen-xihu":
        do(province, chen, number, "take")
    for event in ("accept", "grant", "deliver"):
        do(province, chen, number, event)
    assert "已办结" in words(get(province, chen, f"/official/cases/{number}"))
    assert "已办结" in words(get(province, "wang", f"/my/matters/{number}"))


def test_what_cannot_be_done_is_said_with_what_was_typed(province: Province) -> None:
    number = casing.handed_in(province)
    casing.act(province, number, province.official("chen", "chen-xihu"), "take")
    path, chen = f"/official/cases/{number}", "chen/chen-xihu"
    form = [("event", "reject"), ("key", "case-reject-1"), ("version", "1"), ("reason", "不符合")]
    answer = post(province, chen, path, [*form, ("position", "chen-xihu")])
    assert answer.status_code in {409, 422} and "不符合" in answer.text


def test_a_colleague_without_the_case_learns_nothing_of_registers_and_compares_nothing(
    province: Province,
) -> None:
    number = casing.handed_in(province)
    path = f"/official/cases/{number}"
    (other,) = {"chen-xihu", "pan-xihu"} - {holder(province, number)}
    for who in (f"{other.partition('-')[0]}/{other}", "ding/ding-xihu"):
        page = get(province, who, path)
        assert page.status_code == 200
        assert "免交" not in words(page) and "示例省公安厅" not in words(page)
        assert "王若溪" not in words(page)
        form = [("position", who.partition("/")[2])]
        refused = post(province, who, f"{path}/check", form)
        assert refused.status_code == 409 and "请先领办" in words(refused)
    assert [one for one in reads(province, number) if one[0] == "case"] == []
