"""A page of rows asked again: 304 to whom has it, and a read in the log all the same."""

from urllib.parse import parse_qs, urlsplit

from tests.province import Province
from tests.test_portals.api.test_asked_before import ask, entry, office

FIRMS = "/api/v1/datasets/sg_firms/rows?limit=3&purpose=open"
DUTY = FIRMS.replace("open", "duty")
OWN = "/api/v1/datasets/ga_residents/rows?limit=3&purpose=own"


def test_rows_that_have_not_changed_are_not_sent_again_and_are_logged(province: Province) -> None:
    first = ask(province, FIRMS)
    before = int(first.json()["citation"]["audit_entry"])
    again = ask(province, FIRMS, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert entry(province, before + 1) == entry(province, before)
    assert first.headers["Cache-Control"] == "private, no-cache"


def test_another_reader_question_or_language_has_another_mark(province: Province) -> None:
    addresses = (FIRMS, f"{FIRMS}&sort=name", f"{FIRMS}&lang=en", FIRMS.replace("=3", "=4"))
    marks = {ask(province, address).headers["ETag"] for address in addresses}
    marks.add(ask(province, FIRMS, "wang").headers["ETag"])
    assert len(marks) == len(addresses) + 1


def test_under_an_office_and_about_persons_no_answer_has_a_mark(province: Province) -> None:
    answers = (ask(province, DUTY, "chen", **office(province)), ask(province, OWN, "wang"))
    for answer in answers:
        assert answer.status_code == 200 and answer.json()["rows"]
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in answer.headers


def test_the_next_page_is_of_the_same_snapshot(province: Province) -> None:
    body = ask(province, FIRMS).json()
    address = urlsplit(body["next"])
    assert parse_qs(address.query)["snapshot"] == [str(body["citation"]["snapshot_id"])]
    following = ask(province, f"{address.path}?{address.query}").json()
    assert following["citation"]["snapshot_id"] == body["citation"]["snapshot_id"]
    assert following["rows"] and following["rows"] != body["rows"]
