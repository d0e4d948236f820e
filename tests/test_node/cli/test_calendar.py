"""`xihu calendar`: shows the published years, takes in a notice, says what moves."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.test_catalog.registry.test_calendar import notice
from xihu_node.cli.calendar import calendar
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.start import Node
from xihu_platform.words import Language


@pytest.fixture(autouse=True)
def _here(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIHU_DATA_DIR", str(node.settings.data_dir))


def run(*words: str, language: Language = "en") -> Result:
    result = CliRunner().invoke(calendar, words, obj=language)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_years_are_listed_and_those_beyond_are_provisional() -> None:
    said = run("show").output.splitlines()
    assert len(said) == 24
    assert said[-2].startswith("2026  version 1  33 days off, 6 weekend days worked  国务院办公厅")
    assert "due dates after 2026 are provisional" in said[-1]


def test_a_year_is_shown_day_by_day() -> None:
    said = run("show", "2026", language="zh").output
    assert "2026-02-14  周六  上班  春节" in said
    assert "2026-10-01  周四  放假  国庆节" in said


def test_a_year_that_is_not_published_is_told() -> None:
    with pytest.raises(NotFound, match="2031 is not published"):
        run("show", "2031")


def test_a_notice_is_taken_in_once_and_says_whose_dates_move(tmp_path: Path) -> None:
    path = notice(tmp_path, "2027-02-08,holiday,春节,Spring Festival,No. 1")
    first = run("import", str(path)).output
    assert "2027  version 1  7 days off, 0 weekend days worked  No. 1" in first
    # Ten working days from Saturday 23 January ended on Friday 5 February, from Monday on the 8th.
    assert (
        "CN-809-2025 art. 21 Reply to a request for data shared on conditions (10 working days)"
    ) in first
    assert "2027-01-25: 2027-02-08 becomes 2027-02-09" in first
    assert "nothing was changed" in run("import", str(path)).output


def test_a_changed_notice_is_a_new_version(tmp_path: Path) -> None:
    run("import", str(notice(tmp_path)))
    said = run("import", str(notice(tmp_path, "2027-02-06,worked,春节,day,No. 1"))).output
    assert said.startswith("2027  version 2  6 days off, 1 weekend days worked")
    assert "becomes 2027-02-06" in said
    assert "2027  version 2" in run("show").output


def test_a_notice_of_two_years_is_refused_and_nothing_is_published(tmp_path: Path) -> None:
    path = notice(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text + text.replace("2027-", "2028-").partition("\n")[2], encoding="utf-8")
    with pytest.raises(BadInput, match="one year and holds 2"):
        run("import", str(path))
    assert "2027" not in run("show").output
