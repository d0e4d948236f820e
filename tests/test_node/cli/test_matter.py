"""`xihu matter`: what runs and is late, one matter day by day, and time with its entries."""

import json
import re
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from tests.test_platform.matters.world import KEEPER, PERMIT, MatterWorld, SetClock
from xihu_catalog.registry.matters import parse_definition
from xihu_node.cli.calendar import calendar
from xihu_node.cli.matter import matter
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.matters.book import publish_definitions
from xihu_platform.start import Node
from xihu_platform.words import Language


@pytest.fixture
def world(node: Node, monkeypatch: pytest.MonkeyPatch) -> Iterator[MatterWorld]:
    """With the keys of the node, on its database."""
    monkeypatch.setenv("XIHU_DATA_DIR", str(node.settings.data_dir))
    yield MatterWorld(node.database, SetClock(node.clock()))


def run(*words: str, language: Language = "en", group: object = matter) -> Result:
    return CliRunner().invoke(group, words, obj=language, catch_exceptions=False)  # type: ignore[arg-type]


def entries(world: MatterWorld) -> list[AuditEntry]:
    with transaction(world.database) as session:
        query = select(AuditEntry).where(AuditEntry.kind == "matter").order_by(AuditEntry.seq)
        return list(session.scalars(query))


def test_an_installation_without_matters_says_so(world: MatterWorld) -> None:
    assert run("list").output == "there is no such matter\n"
    assert run("list", "--json").output == ""
    assert run("tick").output.startswith(
        "0 moved, 0 reminders, 0 deemed by law, 0 failed; 0 written"
    )


def test_open_matters_are_listed_the_earliest_day_first(world: MatterWorld) -> None:
    draft, later, late = world.request(), world.sent("2026-11-20"), world.sent("2026-09-24")
    lines = run("list").output.splitlines()
    assert [line.split("  ")[0] for line in lines] == [
        *(f"SR-{late:06d}", f"SR-{later:06d}", f"SR-{draft:06d}")
    ]
    assert lines[0].endswith("Review by the provider  overdue, was due 2026-10-15")
    assert lines[2].endswith("Draft")
    assert "逾期（限 2026-10-15）" in run("list", language="zh").output
    told = [json.loads(line) for line in run("list", "--json", "--late").output.splitlines()]
    assert [(one["number"], one["overdue"], one["due"]) for one in told] == [
        (f"SR-{late:06d}", True, "2026-10-15")
    ]
    assert run("list", "--kind", "permit").output == "there is no such matter\n"


def test_a_matter_is_shown_with_each_day_and_without_what_was_written(world: MatterWorld) -> None:
    number = world.sent("2026-09-24")
    said = run("show", f"SR-{number:06d}").output
    assert "  2026-10-10  number 6 (a weekend day that is worked)" in said
    assert re.search(r"3\. 2026-09-24 10:00  Approve and send  chief-office", said)
    assert "低保" not in said
    told = json.loads(run("show", str(number), "--json").output)
    assert told["clocks"][0]["due"] == "2026-10-15"
    assert [step["number"] for step in told["clocks"][0]["steps"] if step["number"]] == [
        *range(1, 11)
    ]
    assert [event["event"] for event in told["events"]] == ["open", "submit", "approve_inside"]


@pytest.mark.parametrize("number", ["12a", "SR-", "PE-000001", "-1", "1" * 16, "ＳＲ-1"])
def test_what_is_no_number_is_told(world: MatterWorld, number: str) -> None:
    world.sent()
    with pytest.raises(BadInput):
        run("show", "--", number)


def test_a_matter_that_there_is_not_is_not_found(world: MatterWorld) -> None:
    with pytest.raises(NotFound):
        run("show", "SR-000999")


def test_a_tick_reminds_and_writes_each_event_to_the_log_once(world: MatterWorld) -> None:
    number = world.sent("2026-09-24")
    assert "0 moved, 1 reminders, 0 deemed by law, 0 failed; 4 written" in run("tick").output
    assert run("tick").output.startswith(
        "0 moved, 0 reminders, 0 deemed by law, 0 failed; 0 written"
    )
    said = [json.loads(one.body) for one in entries(world)]
    assert [one["event"] for one in said] == ["open", "submit", "approve_inside", "warned"]
    assert {one["matter"] for one in said} == {f"SR-{number:06d}"}
    assert [one["position"] for one in said] == [
        "clerk-office",
        "clerk-office",
        "chief-office",
        None,
    ]
    assert all("低保" not in json.dumps(one, ensure_ascii=False) for one in said)
    world.do(KEEPER, number, "assess", opinion="好")
    assert "1 written" in run("tick").output


NOTHING = "0 moved, 0 reminders, 0 deemed by law, 0 failed; 0 written"
YEAR_2027 = """date,kind,name_zh,name_en,source
2027-01-01,holiday,元旦,New Year,测试〔2026〕1号
2027-01-03,worked,元旦调休上班,worked for New Year,测试〔2026〕1号
2027-05-01,holiday,劳动节,Labour Day,测试〔2026〕1号
2027-05-02,holiday,劳动节,Labour Day,测试〔2026〕1号
2027-10-01,holiday,国庆节,National Day,测试〔2026〕1号
2027-10-02,holiday,国庆节,National Day,测试〔2026〕1号
2027-10-03,holiday,国庆节,National Day,测试〔2026〕1号
"""


def test_an_imported_year_moves_the_dates_of_open_matters(
    world: MatterWorld, tmp_path_factory: pytest.TempPathFactory
) -> None:
    number = world.sent("2026-12-24")
    assert "due 2027-01-08, provisional" in run("list").output
    file = tmp_path_factory.mktemp("notice") / "2027.csv"
    file.write_text(YEAR_2027, encoding="utf-8")
    said = run("import", str(file), group=calendar).output
    assert said.splitlines()[-1] == "the dates of 1 open matters have moved"
    assert run("list").output.endswith("due 2027-01-07\n")
    assert world.view(number).events[-1].name == "redated"


def test_running_matters_are_listed_moved_and_brought_back(world: MatterWorld) -> None:
    matter = world.permit("2026-09-01")
    for version, old, new in ((2, "deciding", "examining"), (3, "received", "taken")):
        changed = PERMIT.replace("version: 1", f"version: {version}")
        for place in (f"  {old}: {{title", f"to: {old}", f"from: [{old}", f"initial: {old}"):
            changed = changed.replace(place, place.replace(old, new))
        file = {f"permit.{version}.yaml": changed}
        publish_definitions(world.database, file, parse_definition, world.clock)
    order = ["migrate", "permit", "1", "3", "--approved-by", "leader-office"]
    stays = f"PE-{matter:06d}  received  the new version has no state received\n"
    assert run(*order).output == stays + "0 would move, 1 stay\n"
    named = [*order, "--state", "received=taken"]
    assert run(*named).output == f"PE-{matter:06d}  received  → taken\n1 would move, 0 stay\n"
    assert world.view(matter).state == "received"
    assert run(*named, "--apply").output.endswith("1 moved, 0 stay\n")
    assert (world.view(matter).definition.version, world.view(matter).state) == (3, "taken")
    assert run(*named, "--revert").output == "1 brought back\n"
    assert (world.view(matter).definition.version, world.view(matter).state) == (1, "received")
    with pytest.raises(BadInput, match="OLD=NEW"):
        run(*order, "--state", "received")
    with pytest.raises(NotFound):
        run("migrate", "permit", "1", "9", "--approved-by", "leader-office")
