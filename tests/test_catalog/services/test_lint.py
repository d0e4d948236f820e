"""What is wrong with an item is told: what it names is there, what is shared is not asked for."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.registry import REGISTRY
from tests.test_catalog.registry.test_damaged import forget
from tests.test_catalog.services.items import item, words
from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.registry import folder
from xihu_catalog.registry.check import check_registry
from xihu_catalog.registry.folder import registry_folder, use_registry
from xihu_catalog.registry.reading import BadRegistry
from xihu_catalog.services.items import service_items
from xihu_catalog.services.lint import (
    check_items,
    event_faults,
    item_faults,
    item_paths,
    lint_files,
)
from xihu_catalog.services.papers import find_paper

TODAY = date(2026, 11, 29)
CONTRACTS = load_contracts(registry_folder() / "contracts")


def paper(name: str, **more: Any) -> dict[str, Any]:  # Any: keys of a material
    said = {"id": "paper", "name": words(name, "A paper"), "issuer": words("机关", "an office")}
    return {"materials": [said | more]}


def field(title: str, **more: Any) -> dict[str, Any]:  # Any: keys of a field
    return {"form": [{"id": "one", "title": words(title, "A field")} | more]}


def faults(**more: Any) -> list[tuple[str, str]]:  # Any: fields of an item
    found = item_faults(item(**more), CONTRACTS, TODAY)
    return [(".".join(str(step) for step in place), text.en) for place, text in found]


def source(dataset: str, *fields: str) -> dict[str, Any]:  # Any: a part of an item
    return {"dataset": dataset, "fields": list(fields)}


def test_the_demo_s_items_are_right() -> None:
    assert lint_files(item_paths(), CONTRACTS, TODAY) == []
    check_items(service_items(), TODAY, CONTRACTS)
    assert len(service_items()) >= 24
    assert len({one.body for one in service_items().values()}) >= 10
    ways = {one.way for one in service_items().values()}
    assert ways == {"licensing", "information", "once", "benefit", "plain"}


PERSON = {"type": "07", "way": "plain", "audience": ["1"], "materials": []}
WRONG: list[tuple[dict[str, Any], str, str]] = [  # Any: fields of an item
    (
        paper("执照", source=source("sg_firm", "uscc")),
        "materials.0.source.dataset",
        "there is no dataset sg_firm",
    ),
    (
        paper("执照", source=source("sg_firms", "uscc", "colour")),
        "materials.0.source.fields.1",
        "the dataset sg_firms has no colour",
    ),
    (
        paper("证件", source=source("ga_residents", "name")),
        "materials.0.source.dataset",
        "has no rows of the applicant's own",
    ),
    (
        field("行情", **{"from": source("jt_bus_flow", "passengers")}),
        "form.0.from.dataset",
        "has no rows of the applicant's own",
    ),
    (paper("营业执照"), "materials.0.name", "can be had from the dataset sg_firms"),
    (paper("企业的营业执照副本（复印件）"), "materials.0.name", "Order 809 art. 19"),
    (paper("章程或者企业年报"), "materials.0.name", "sg_annual_reports"),
    (
        PERSON | paper("本人户口本"),
        "materials.0.name",
        "can be had from the dataset ga_residents",
    ),
    (field("企业名称"), "form.0.title", "can be had from the dataset"),
    (PERSON | field("出生日期"), "form.0.title", "Order 809 art. 19"),
    (field("业态", kind="code", code_list="trades"), "form.0.code_list", "no code list trades"),
    ({"body": "113399001009999999"}, "body", "is not in organisations.yaml"),
    ({"system": "dept-nobody"}, "system", "dept-nobody is not registered"),
    ({"system": "dept-yb"}, "system", "belongs to the organisation 113399001001041148"),
    ({"body": "11339900100119180Y"}, "body", "has no position with the duty handler"),
    (
        {
            "intake": {
                "body": "11339900100106857X",
                "limit": {"value": 5, "article": "1", "name": words("报送", "Hand on")},
            }
        },
        "intake.body",
        "is not in organisations.yaml",
    ),
    (
        {"type": "07", "way": "plain"} | paper("图纸", deferrable_days=5),
        "materials.0.deferrable_days",
        "no rule for papers that follow later",
    ),
    (
        {"type": "05", "way": "benefit"} | paper("图纸", deferrable_days=5),
        "materials.0.deferrable_days",
        "no rule for papers that follow later",
    ),
    (
        {"implementation_code": "000013107400033010600001"},
        "implementation_code",
        "begins with the basic code 0000131073",
    ),
    ({"first_version": {"papers": 1, "fields": 4}}, "first_version.papers", "asks for 2"),
    ({"first_version": {"papers": 2, "fields": 0}}, "first_version.fields", "asks for 1"),
]


@pytest.mark.parametrize(("more", "place", "said"), WRONG)
def test_what_is_wrong_is_told_at_its_place(more: dict[str, Any], place: str, said: str) -> None:
    found = faults(**more)
    assert [where for where, _ in found] == [place]
    assert said in found[0][1]


RIGHT: list[dict[str, Any]] = [  # Any: fields of an item
    {},
    paper("法定代表人身份证"),  # of a firm's applicant no person's row is its own
    PERSON | paper("去世亲人的户口簿和身份证"),
    PERSON | paper("营业执照"),
    PERSON | paper("结婚证", licence="marriage"),
    PERSON | field("孩子出生日期"),
    field("企业名称", **{"from": source("sg_firms", "name")}),
    paper("图纸", deferrable_days=5),
    {"type": "07", "way": "once"} | paper("图纸", deferrable_days=5),
]


@pytest.mark.parametrize("more", RIGHT)
def test_what_is_right_is_passed(more: dict[str, Any]) -> None:
    assert faults(**more) == []


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("2026-11-29", None),
        ("2026-11-28", "ended on 2026-11-28. State Council Order 809 art. 19"),
        ("soon", "soon is no date"),
    ],
)
def test_a_reason_to_ask_all_the_same_ends(until: str, said: str | None) -> None:
    asked = {"kind": "source_late", "until": until, "words": words("数据晚到", "The data is late")}
    found = faults(**paper("营业执照", source=source("sg_firms", "name"), asked=asked))
    assert [place for place, _ in found] == (["materials.0.asked.until"] if said else [])
    assert said is None or said in found[0][1]


def test_papers_are_known_by_what_people_call_them() -> None:
    known = {"户口本": "ga_residents", "申请人的房产证原件": "zr_property_registrations"}
    for name, dataset in known.items():
        found = find_paper(name)
        assert found is not None and found.dataset == dataset
    for name in ("照片", "法定代表人的身份证", "租房合同"):
        assert find_paper(name) is None


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(folder, "_chosen", [])
    shutil.copytree(REGISTRY, tmp_path / "registry")
    forget()
    yield use_registry(tmp_path / "registry")
    forget()


def test_a_process_does_not_start_with_an_item_at_fault(registry: Path) -> None:
    path = registry / "services" / "retirement.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if "dataset: rs_social_insurance" in line)
    lines[at] = lines[at].replace("rs_social_insurance", "rs_socail_insurance")
    path.write_text("\n".join(lines), encoding="utf-8")
    forget()
    with pytest.raises(BadRegistry) as wrong:
        check_items(service_items(), TODAY, CONTRACTS)
    (found,) = wrong.value.findings
    assert (found.file, found.line) == ("services/retirement.yaml", at + 1)
    assert "there is no dataset rs_socail_insurance" in found.to("en")
    assert "没有数据集 rs_socail_insurance" in found.to("zh")


def test_codes_are_an_item_s_own_and_lists_name_what_is_there(registry: Path) -> None:
    text = (registry / "services" / "elder_card.yaml").read_text(encoding="utf-8")
    again = text.replace("id: elder_card\n", "id: elder_pass\n")
    (registry / "services" / "elder_pass.yaml").write_text(again, encoding="utf-8")
    events = registry / "life_events.yaml"
    said = events.read_text(encoding="utf-8").replace("[retirement,", "[retirment,")
    events.write_text(said, encoding="utf-8")
    papers = registry / "service_papers.yaml"
    said = papers.read_text(encoding="utf-8").replace("report_year,", "report_yaer,")
    papers.write_text(said, encoding="utf-8")
    forget()
    found = [one.to("en") for one in check_registry({})]
    assert len(found) == 4
    assert "basic_code 3320110010 is in services/elder_card.yaml already" in found[0]
    assert "implementation_code 332011001000133010600001 is in" in found[1]
    assert "there is no sg_annual_reports.report_yaer" in found[2]
    assert (
        found[3]
        == "life_events.yaml:21: retirement: there is no item retirment: is retirement meant"
    )


def test_a_second_version_shares_the_codes_of_the_first(registry: Path) -> None:
    text = (registry / "services" / "elder_card.yaml").read_text(encoding="utf-8")
    second = text.replace("version: 1\n", "version: 2\n", 1)
    (registry / "services" / "elder_card.2.yaml").write_text(second, encoding="utf-8")
    forget()
    assert lint_files(item_paths(), CONTRACTS, TODAY) == []
    (registry / "services" / "elder_card.3.yaml").write_text(second, encoding="utf-8")
    (found,) = lint_files(item_paths(), CONTRACTS, TODAY)
    assert "id elder_card.2 is in services/elder_card.2.yaml already" in found.to("en")


def test_a_misspelt_item_of_a_list_is_named_with_its_line_and_the_nearest(
    registry: Path,
) -> None:
    events = registry / "life_events.yaml"
    lines = events.read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines, 1) if "food_permit" in line)
    events.write_text("\n".join(lines).replace("food_permit", "food_premit"), encoding="utf-8")
    forget()
    (found,) = event_faults(service_items())
    assert (found.file, found.line) == ("life_events.yaml", at)
    assert found.to("zh").endswith("shop：没有事项 food_premit，是不是 food_permit")
    assert found.to("en").endswith("shop: there is no item food_premit: is food_permit meant")


def test_a_misspelt_item_of_a_bundle_is_named_with_its_line_and_the_nearest(
    registry: Path,
) -> None:
    path = registry / "bundles" / "newborn.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(n for n, line in enumerate(lines, 1) if "item: newborn_insurance" in line)
    after = next(n for n, line in enumerate(lines, 1) if "[birth_registration]" in line)
    text = "\n".join(lines).replace("item: newborn_insurance", "item: newborn_insurence")
    path.write_text(text.replace("[birth_registration]", "[birth_registraton]"), encoding="utf-8")
    forget()
    with pytest.raises(BadRegistry) as wrong:
        service_items()
    said = [(one.line, one.to("zh").rpartition("没有事项 ")[2]) for one in wrong.value.findings]
    assert said == [
        (at, "newborn_insurence，是不是 newborn_insurance"),
        (after, "birth_registraton，是不是 birth_registration"),
    ]


def test_what_is_wrong_with_a_file_is_said_in_chinese_with_its_line(registry: Path) -> None:
    path = registry / "services" / "elder_card.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    promise = next(n for n, line in enumerate(lines, 1) if line.startswith("promise:"))
    text = "\n".join(lines).replace("promise: 1", "promise: 0").replace("kind: date", "kind: day")
    path.write_text(text.replace("licence:", "licens:"), encoding="utf-8")
    said = {one.line: one.to("zh") for one in lint_files([path], CONTRACTS, TODAY)}
    assert "promise：不能小于 1；" in said[promise]
    assert any("licens：没有这一项，请检查拼写或者删去；" in one for one in said.values())
    assert any("只能是" in one and "'phone'" in one for one in said.values())
    later = "\n".join(lines).replace("promise: 1", "promise: 9")
    path.write_text(later, encoding="utf-8")
    (found,) = lint_files([path], CONTRACTS, TODAY)
    assert "承诺时限不能长于法定时限" in found.to("zh")
    assert "a promise is not longer than the law's limit" in found.to("en")
