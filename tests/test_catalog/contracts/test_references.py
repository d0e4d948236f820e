"""References in a contract: what is wrong with one is a finding with its line."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft201909Validator

from tests.contracts import PSEUDONYM, Part, document, field, refer
from tests.vendored import ODCS_SCHEMA
from xihu_catalog.contracts.diff import compare
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.lint import lint_all
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.references import check_targets, in_order
from xihu_platform.errors import BadInput

LINES = [
    field("code", key=True),
    field("number", "INTEGER"),
    field("who", grade="L4", subjectKey=True, **PSEUDONYM),
    field("phone", grade="L3", identifier="mobile", protect="mask"),
    field("kept", vault=True),
    field("many", steps=["split"]),
]


def stops(line: Part, *refs: Part, more: list[Part] | None = None) -> bytes:
    return document("jt_stops", [field("id", key=True), line, *(more or [])], *refs)


def lines(*refs: Part) -> Contract:
    last = field("stop", "VARCHAR", *refs)
    return parse_contract(document("jt_lines", [*LINES, last]), "jt_lines.odcs.yaml")


def findings(content: bytes) -> list[str]:
    with pytest.raises(BadContract) as bad:
        parse_contract(content, "jt_stops.odcs.yaml")
    assert all(finding.text.zh and finding.text.en for finding in bad.value.findings)
    return [finding.to("en") for finding in bad.value.findings]


def line_of(content: bytes, words: str) -> int:
    """The line of the last `words`."""
    return content.decode().rpartition(words)[0].count("\n") + 1


def ref(*refs: Part, kind: str = "VARCHAR") -> Part:
    return field("line", kind, *refs)


def row(given: str | list[str] | None, to: str | list[str]) -> Part:
    return refer(to, given=given)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (stops(ref(refer("jt_lines"))), "`to` reads <dataset>.<field>"),
        (stops(ref(refer("schema/jt_lines/properties/code"))), "`to` reads <dataset>.<field>"),
        (stops(ref(refer(["jt_lines.code", "jt_lines.number"]))), "`to` of line is one field"),
        (stops(ref(row("jt_stops.line", "jt_lines.code"))), "has no `from`"),
        (stops(ref(refer("jt_lines.code", "fatal"))), "severity must be one of"),
        (stops(ref(refer("jt_lines.code", on="delete"))), "unknown key on"),
        (stops(ref({"type": "parentOf", "to": "jt_lines.code"})), "foreignKey"),
        (stops(ref({"type": "foreignKey"})), "relationships.0.to: Field required"),
        (stops(ref(refer("jt_stops.line"))), "line refers to itself"),
        (stops(ref(refer("jt_stops.nowhere"))), "there is no jt_stops.nowhere"),
        (stops(ref(refer("jt_stops.id"), kind="BIGINT")), "the type must be the same"),
        (
            stops(field("line", "VARCHAR", refer("jt_lines.code"), steps=["split"])),
            "holds several values",
        ),
        (
            stops(
                field("line", "VARCHAR", refer("jt_lines.code"), vault=True),
                more=[field("who", grade="L4", subjectKey=True, **PSEUDONYM)],
            ),
            "is kept in the vault",
        ),
        (
            stops(
                field(
                    "line", "VARCHAR", refer("jt_lines.code"), identifier="mobile", protect="mask"
                )
            ),
            "is stored masked",
        ),
        (stops(ref(), row(None, "jt_lines.code")), "has `from` and `to`"),
        (stops(ref(), row(["jt_stops.line"], "jt_lines.code")), "has `from` and `to`"),
        (stops(ref(), row("jt_lines.code", "jt_lines.code")), "names fields of this contract"),
        (stops(ref(), row("jt_stops.nowhere", "jt_lines.code")), "names fields of this contract"),
        (stops(ref(), row(["jt_stops.line"] * 2, ["jt_lines.code"] * 2)), "each once"),
        (
            stops(ref(), row(["jt_stops.line"], ["jt_lines.code", "jt_lines.number"])),
            "they must pair up",
        ),
        (
            stops(ref(), row(["jt_stops.id", "jt_stops.line"], ["jt_lines.code", "other.code"])),
            "several fields are of one dataset",
        ),
    ],
)
def test_a_malformed_reference_is_a_finding_with_its_line(content: bytes, said: str) -> None:
    (found, *_) = [text for text in findings(content) if said in text]
    line = int(found.split(":")[1])
    assert line_of(content, '"relationships"') <= line < line_of(content, '"customProperties": [')


@pytest.mark.parametrize(
    ("field_", "said"),
    [
        (ref(refer("jt_lines.nowhere")), "there is no jt_lines.nowhere, which line refers to"),
        (ref(refer("jt_lines.number")), "line is VARCHAR and jt_lines.number is INTEGER"),
        (ref(refer("jt_lines.who")), "must both be pseudonyms"),
        (field("line", "VARCHAR", refer("jt_lines.code"), grade="L4", **PSEUDONYM), "or neither"),
        (ref(refer("jt_lines.phone")), "phone is stored masked"),
        (ref(refer("jt_lines.kept")), "kept is kept in the vault"),
        (ref(refer("jt_lines.many")), "many holds several values"),
    ],
)
def test_a_target_that_does_not_fit_is_a_finding(field_: Part, said: str) -> None:
    content = stops(field_)
    contract = parse_contract(content, "jt_stops.odcs.yaml")
    (found,) = check_targets(contract, {"jt_lines": lines()}.get, "jt_stops.odcs.yaml")
    assert said in found.text.en
    line = line_of(content, '"type": "foreignKey"') - 1  # its brace stands above
    assert (found.file, found.line) == ("jt_stops.odcs.yaml", line)


def test_a_sound_reference_has_no_finding_and_holds_by_the_standard() -> None:
    both = row(["jt_stops.line", "jt_stops.number"], ["jt_lines.code", "jt_lines.number"])
    one = row("jt_stops.line", "jt_lines.code")
    number = field("number", "INTEGER", refer("jt_lines.number", "note"))
    who = field("who", "VARCHAR", refer("jt_lines.who"), grade="L4", **PSEUDONYM)
    content = stops(
        ref(refer("jt_lines.code"), refer("jt_stops.id")), both, one, more=[number, who]
    )
    contract = parse_contract(content, "jt_stops.odcs.yaml")
    assert check_targets(contract, {"jt_lines": lines()}.get, "x") == []
    assert [(r.rule.id, r.rule.severity) for r in contract.references] == [
        ("line.reference", "quarantine"),
        ("line.reference_2", "quarantine"),
        ("number.reference", "note"),
        ("who.reference", "quarantine"),
        ("row.reference_1", "quarantine"),
        ("row.reference_2", "quarantine"),
    ]
    assert {r.rule.id for r in contract.references} <= {rule.id for rule in contract.all_rules}
    validator = Draft201909Validator(json.loads(ODCS_SCHEMA.read_text("utf-8")))
    assert [e.message for e in validator.iter_errors(json.loads(content))] == []


def write(folder: Path, dataset: str, content: bytes) -> Path:
    path = folder / f"{dataset}.odcs.yaml"
    path.write_bytes(content)
    return path


def test_lint_finds_a_dataset_that_no_contract_declares(tmp_path: Path) -> None:
    path = write(tmp_path, "jt_stops", stops(ref(refer("jt_lines.code"))))
    (found,) = [r for r in lint_all([path]) if r.code == "reference"]
    assert (found.level, found.file) == ("error", "jt_stops.odcs.yaml")
    assert "no contract declares dataset jt_lines" in found.text.en
    known = {"jt_lines": lines()}
    assert not [r for r in lint_all([path], known.get) if r.code == "reference"]


def test_lint_finds_references_that_go_round_in_a_circle(tmp_path: Path) -> None:
    paths = [
        write(tmp_path, "jt_stops", stops(ref(refer("jt_lines.code")))),
        write(
            tmp_path,
            "jt_lines",
            document("jt_lines", [*LINES, field("stop", "VARCHAR", refer("jt_towns.code"))]),
        ),
        write(
            tmp_path,
            "jt_towns",
            document("jt_towns", [field("code", "VARCHAR", refer("jt_stops.id"), key=True)]),
        ),
    ]
    found = [r.text.en for r in lint_all(paths) if r.code == "reference"]
    assert len(found) == 3
    assert any("jt_stops → jt_lines → jt_towns → jt_stops" in text for text in found)


def test_a_new_or_other_reference_tightens_and_one_that_is_gone_loosens() -> None:
    def changes(old: bytes, new: bytes) -> list[tuple[str, str]]:
        found = compare(parse_contract(old, "old"), parse_contract(new, "new"))
        return [(c.effect, c.where) for c in found]

    none, code, number, note = (
        stops(ref(*refs))
        for refs in (
            [],
            [refer("jt_lines.code")],
            [refer("jt_lines.name")],
            [refer("jt_lines.code", "note")],
        )
    )
    assert changes(none, code) == [("tightens", "line")]
    assert changes(none, note) == [("states", "line")]
    assert changes(code, number) == [("tightens", "line")]
    assert changes(code, note) == [("loosens", "line")]
    assert changes(code, none) == [("loosens", "line")]
    assert changes(code, code) == []


def test_what_is_needed_comes_first_and_a_circle_is_refused() -> None:
    assert in_order({"a": ["c"], "b": [], "c": ["b", "elsewhere"]}) == ["b", "c", "a"]
    with pytest.raises(BadInput, match="circle"):
        in_order({"a": ["b"], "b": ["a"]})


def test_what_the_vault_keeps_must_be_found_by_a_person() -> None:
    phone = field("phone", grade="L3", identifier="mobile", protect="mask", vault=True)
    (found,) = findings(document("jt_stops", [field("id", key=True), phone]))
    assert "the contract needs a subjectKey" in found
