"""Choosing a day and a time: working days alone, what is full is said, and once only."""

import re

import httpx
import pytest

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.citizen.test_appointments import booked, cancelled
from tests.test_portals.official.test_request import get, post, words

__all__ = ["acted_province"]  # a fixture
PATH = "/my/appointments"
HERE = f"{PATH}/new/low_income"


def sent(province: Province, who: str, day: str, starts: str, **more: str) -> httpx.Response:
    form = [("position", ""), ("day", day), ("starts", starts)]
    return post(province, who, HERE, form, **more)


def number_of(answer: httpx.Response) -> int:
    assert answer.status_code == 303, words(answer)[:500]
    return int(answer.headers["location"].partition("booked=")[2])


def test_ten_working_days_after_today_are_offered(province: Province) -> None:
    """From Monday the 23rd of November 2026, when it is noon, to the 7th of December."""
    page = get(province, "wang", HERE)
    days = re.findall(rf'href="{HERE}\?day=([0-9-]+)"', page.text)
    assert days == [
        *("2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30"),
        *("2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04", "2026-12-07"),
    ]
    starts = re.findall(r'name="starts" value="(\d+)"', page.text)
    assert starts == ["840", "870", "900", "930", "960", "990"], "the morning has passed"
    text = words(page)
    assert "14:00–14:30" in text and "余 3 个" in text and "0571-00001202" in text
    assert "12345" in text


def test_booked_and_the_same_form_again_is_the_same(province: Province) -> None:
    numbers = {number_of(sent(province, "wang", "2026-11-25", "540")) for _ in range(3)}
    assert len(numbers) == 1
    page = words(get(province, "zhao", f"{HERE}?day=2026-11-25"))
    assert "09:00–09:30 余 2 个" in " ".join(page.split())
    clash = post(
        province,
        "wang",
        f"{PATH}/new/medical_transfer",
        [("position", ""), ("day", "2026-11-25"), ("starts", "540")],
    )
    assert clash.status_code == 409 and "您在这个时间已有预约" in words(clash)
    cancelled(province, "wang", numbers.pop())


def test_what_is_full_is_said_and_not_offered(province: Province) -> None:
    taken = [booked(province, who, 990) for who in ("wang", "zhao", "chen")]
    page = get(province, "sun", f"{HERE}?day=2026-11-24")
    assert 'name="starts" value="990"' not in page.text
    assert "已约满：16:30–17:00" in words(page)
    answer = sent(province, "sun", "2026-11-24", "990")
    assert answer.status_code == 409 and "这个时间已经约满" in words(answer)
    for who, one in zip(("wang", "zhao", "chen"), taken, strict=True):
        cancelled(province, who, one.id)
    cancelled(province, "sun", number_of(sent(province, "sun", "2026-11-24", "990")))


@pytest.mark.parametrize(
    ("day", "starts", "said"),
    [
        ("", "540", "请选择日期"),
        ("tomorrow", "540", "请选择日期"),
        ("2026-11-24", "", "请选择时间"),
        ("2026-11-24", "-540", "请选择时间"),
        ("2026-11-24", "٥٤٠", "请选择时间"),
        ("2026-11-24", "541", "这个时间不能预约"),
        ("2026-11-28", "540", "这个时间不能预约"),  # a Saturday
        ("2026-11-23", "540", "这个时间不能预约"),  # this morning
        ("9999-12-31", "540", "这个时间不能预约"),
    ],
)
def test_what_is_not_offered_is_said(province: Province, day: str, starts: str, said: str) -> None:
    answer = sent(province, "wang", day, starts)
    assert answer.status_code == 422 and said in words(answer)


def test_a_counter_that_there_is_not(province: Province) -> None:
    assert get(province, "wang", f"{PATH}/new/nothing").status_code == 404
    answer = post(province, "wang", f"{PATH}/new/nothing", [("position", "")])
    assert answer.status_code == 404


def test_one_who_is_not_proven_books_nothing(province: Province) -> None:
    page = get(province, "li", HERE)
    assert "先要确认是您本人" in words(page) and 'name="starts"' not in page.text
    assert sent(province, "li", "2026-11-24", "540").status_code == 403


def test_without_its_token_a_form_books_nothing(province: Province) -> None:
    answer = sent(province, "wang", "2026-11-26", "540", csrf="wrong")
    assert answer.status_code == 422 and "表单已失效" in words(answer)
    assert "AP-" not in words(get(province, "wang", PATH)).partition("可以预约的窗口")[0]


def test_in_english(province: Province) -> None:
    text = words(get(province, "wang", f"{HERE}?day=2026-11-26", "en"))
    assert "On which day, and at what time?" in text and "3 places left" in text
