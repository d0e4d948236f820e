"""`xihu duty`: what the laws ask for, and a period explained day by day."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from xihu_catalog.registry.statutes import duties
from xihu_node.cli.duty import duty
from xihu_platform.errors import BadInput
from xihu_platform.start import Node
from xihu_platform.words import Language


@pytest.fixture(autouse=True)
def _settled(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIHU_DATA_DIR", str(node.settings.data_dir))


def run(*words: str, language: Language = "en") -> Result:
    return CliRunner().invoke(duty, words, obj=language, catch_exceptions=False)


# Any: what JSON holds.
def answer(*words: str) -> Any:
    return json.loads(run("due", *words, "--json").output)


def test_every_duty_is_listed_with_its_article() -> None:
    lines = run("list").output.splitlines()
    assert len(lines) == len(duties())
    assert (
        "CN-809-2025 art. 21 reply_conditional: Reply to a request for data shared on conditions, "
        "10 working days, extension 10"
    ) in lines
    assert any("correction_citizen" in line and "text not verified" in line for line in lines)
    told = [json.loads(line) for line in run("list", "--json").output.splitlines()]
    assert [(one["rule_set"], one["id"]) for one in told] == list(duties())
    assert all(one["interpretive"] == (one["id"] == "reply_conditional") for one in told)


def test_a_date_comes_with_the_reason_of_each_day() -> None:
    said = run("due", "reply_conditional", "2026-09-24").output.splitlines()
    assert said[0].startswith("CN-809-2025 art. 21 reply_conditional: ")
    assert "  2026-09-24  day zero, not counted" in said
    assert "  2026-09-25  holiday, not counted" in said
    assert "  2026-10-10  number 6 (a weekend day that is worked)" in said
    assert "  2026-10-11  weekend, not counted" in said
    assert said[-2:] == ["  2026-10-15  number 10", "due 2026-10-15"]
    chinese = run("due", "reply_conditional", "2026-09-24", language="zh").output.splitlines()
    assert "  2026-10-10  第 6 个工作日（调休上班）" in chinese
    assert chinese[-1] == "截止 2026-10-15"


def test_the_same_as_json() -> None:
    found = answer("CN-809-2025/reply_unconditional", "2026-10-03")
    assert (found["date"], found["firm"]) == ("2026-10-08", True)
    assert found["steps"][0] == {"day": "2026-10-03", "why": "start", "number": None}
    assert found["steps"][-1] == {"day": "2026-10-08", "why": "counted", "number": 1}


def test_pauses_extensions_and_missing_papers() -> None:
    words = ("permit_decision", "2026-09-01", "--pause", "2026-09-24..2026-10-09")
    assert answer(*words)["date"] == "2026-10-12"
    assert answer(*words, "--extend", "10")["date"] == "2026-10-26"
    missing = ("2026-09-10", "--incomplete", "2026-09-15..2026-10-12")
    assert answer("ogi_reply", *missing)["date"] == "2026-11-09"
    assert answer("ogi_reply", "2026-09-10", "--pause", missing[-1])["date"] == "2026-11-04"
    assert answer("delivery", *missing)["date"] == "2026-10-14"


def test_beyond_the_published_calendar_a_date_is_provisional() -> None:
    found = answer("reply_conditional", "2026-12-24")
    assert (found["date"], found["firm"]) == ("2027-01-08", False)
    assert found["steps"][-1]["provisional"] is True
    said = run("due", "reply_conditional", "2026-12-24").output
    assert "2027-01-01  holiday, not counted (calendar not published yet)" in said
    assert said.endswith("due 2027-01-08 (provisional)\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["reply", "2026-09-24"], "there is no duty reply: xihu duty list"),
        (["delivery", "24.9.2026"], "is no date"),
        (["delivery", "2026-02-30"], "is no date"),
        (["delivery", "２０２６-09-24"], "is no date"),
        (["delivery", "2026-09-24", "--pause", "2026-09-24"], "is no span of days"),
        (["delivery", "2026-09-24", "--pause", "2026-09-25..2026-09-24"], "ends before it begins"),
        (["delivery", "2026-09-24", "--extend", "1"], "art. 22 knows no extension"),
        (["reply_conditional", "2026-09-24", "--extend", "11"], "allows 10 more working days"),
        (["petition_settlement", "2026-09-24", "--extend", "31"], "信访 34 allows 30 more days"),
        (
            ["ogi_reply", "2026-09-24", "--incomplete", "2026-09-20..2026-09-28"],
            "not in the order of time",
        ),
    ],
)
def test_what_cannot_be_counted_is_said_in_words(words: list[str], said: str) -> None:
    with pytest.raises(BadInput) as refused:
        run("due", *words)
    assert said in refused.value.text.en
    assert refused.value.text.zh
