"""What forbids to put a contract in force, though it can be read."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.contracts import document, field
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.lint import lint
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.contracts.publication import check_publication
from xihu_catalog.contracts.store import ContractStore
from xihu_platform.start import Node

KEY = field("code", key=True)


def refused(content: bytes) -> list[str]:
    """What is said in English, by line; the contract can be read all the same."""
    parse_contract(content, "a.odcs.yaml")
    with pytest.raises(BadContract) as bad:
        check_publication(content, "a.odcs.yaml")
    assert all(found.text.zh for found in bad.value.findings)
    return [f"{found.line}: {found.text.en}" for found in bad.value.findings]


def line_with(content: bytes, words: str, nth: int = 1) -> int:
    lines = content.decode().splitlines()
    return [number for number, line in enumerate(lines, 1) if words in line][nth - 1]


def quality(query: str) -> dict[str, object]:
    return {"id": "odd", "type": "sql", "query": f"SELECT count(*) FROM ${{table}} WHERE {query}"}


@pytest.mark.parametrize("pattern", ["a(?=b)", "(", r"\1", "a{2000}", "[z-a]", "(?<year>a)"])
def test_a_pattern_that_the_engine_refuses_is_a_fault_of_the_contract(pattern: str) -> None:
    declared = field("name", logicalTypeOptions={"pattern": pattern})
    (said,) = refused(document("stops", [KEY, declared]))
    assert "rule name.pattern cannot be run" in said
    assert "RE2" in said


@pytest.mark.parametrize(
    "condition",
    [
        "regexp_matches(code, '(?=a)')",
        "starts_with(amount, 'a')",
        "amount + code > 1 AND length(amount) > 2",
    ],
)
def test_a_rule_of_the_wrong_type_is_a_fault_at_its_own_line(condition: str) -> None:
    fields = [KEY, field("amount", "DECIMAL(18,2)")]
    content = document("stops", fields, quality=[quality(condition)])
    (said,) = refused(content)
    assert said.startswith(f"{line_with(content, 'odd')}: rule odd cannot be run")
    assert "SELECT" not in said


def test_a_rule_of_every_kind_that_the_registry_uses_can_be_run() -> None:
    sound = field("name", logicalTypeOptions={"pattern": "^[一-龥]+$", "maxLength": 3})
    check_publication(
        document("stops", [KEY, sound], quality=[quality("code = name")]), "stops.odcs.yaml"
    )


def test_a_key_given_twice_is_told_at_its_line() -> None:
    content = document("stops", [KEY]).replace(b'"version":', b'"domain": "other",\n "version":')
    assert refused(content) == [f"{line_with(content, 'domain')}: domain is given twice: keep one "
                                "of them"]  # fmt: skip


def test_a_custom_property_given_twice_is_told() -> None:
    content = document("stops", [KEY]).replace(
        b'"customProperties": [\n  {', b'"customProperties": [\n  {"property": "openClass", '
        b'"value": "unconditional"},\n  {', 1,
    )  # fmt: skip
    found = content.count(b"openClass")
    assert found == 2
    (said,) = refused(content)
    assert "openClass is given twice" in said


@pytest.mark.parametrize(
    "odd",
    [
        *("\u202e", "\u200b", "\u2066", "\ufeff", "\x07", "\x7f", "\u2028", "\u2029"),
        *("\u3164", "\u115f", "\u1160", "\uffa0", "\u2800", "\u034f", "\u180e", "\u2063"),
    ],
)
def test_a_character_that_nobody_sees_is_refused(odd: str) -> None:
    escaped = f"\\u{ord(odd):04x}".encode()
    content = document("stops", [KEY]).replace(
        "数据 stops".encode(), "数据 stops".encode() + escaped
    )
    (said,) = refused(content)
    assert f"U+{ord(odd):04X}" in said


@pytest.mark.parametrize("blank", ["  ", "\u3000", "\u00a0", "\ufe0f"])
def test_a_blank_name_is_refused(blank: str) -> None:
    content = document("stops", [KEY], name=blank)
    assert any("name is blank" in said for said in refused(content))


def test_a_merge_key_hides_no_property() -> None:
    content = document("stops", [KEY], name="数据")
    merged = content.replace(b'"primaryKey": true', b'<<: {"primaryKey": true}')
    assert [said for said in refused(merged) if "the merge key <<" in said]


DERIVED = {"server": "derived", "type": "custom"}


def derived(query: str) -> dict[str, object]:
    return DERIVED | {"customProperties": [{"property": "query", "value": query}]}


@pytest.mark.parametrize(
    ("content", "at", "words"),
    [
        (document("stops", [KEY], status="aktive"), '"status"', "status “aktive” must be one of"),
        (document("stops", [KEY], version="newest"), '"version"', "must be a version such as"),
        (document("stops", [KEY], version="1.0.0 "), '"version"', "must be a version such as"),
        (
            document("stops", [KEY], more={"baseDatabase": "people"}),
            "{",
            "baseDatabase must be one of population",
        ),
        *(
            (document("stops", [KEY], server={"path": path}), '"path"', "inside the intake folder")
            for path in ("../x.csv", "/x.csv", "a/../../x.csv", "..\\x.csv", "C:x.csv", "a/")
        ),
        (document("stops", [KEY], server=derived("SELECT '1' AS code")), "{", "reads no dataset"),
        (document("stops", [KEY], server=derived("SELECT FROM FROM")), "{", "not one SQL query"),
        (
            document("stops", [KEY, field("amount", "INTEGER") | {"logicalType": "date"}]),
            "{",
            "amount: logicalType date contradicts physicalType INTEGER",
        ),
        (
            document("stops", [KEY, field("day", "DATE") | {"logicalType": "string"}]),
            "{",
            "which should be VARCHAR",
        ),
    ],
)
def test_a_value_that_cannot_be_is_told_at_its_line(content: bytes, at: str, words: str) -> None:
    (said,) = refused(content)
    line, _, told = said.partition(": ")
    assert words in told
    assert at in content.decode().splitlines()[int(line) - 1]


@pytest.mark.parametrize("mark", ["time", "firmKey", "validFrom", "validTo"])
def test_a_mark_that_one_field_bears_is_refused_for_two(mark: str) -> None:
    kind = "VARCHAR" if mark == "firmKey" else "DATE"
    fields = [field("code", key=True), field("since", "DATE", validFrom=True, key=True)]
    fields += [field("until", "DATE", validTo=True)]
    keyed = mark == "validFrom"
    marked = [field(name, kind, key=keyed, **{mark: True}) for name in ("first", "second")]
    content = document("stops", [*fields, *marked], mode="history")
    assert any(f"only one field is `{mark}: true`" in said for said in refused(content))


def test_two_servers_are_refused_for_one_would_not_be_read() -> None:
    content = document("stops", [KEY])
    second = b'"servers": [\n  {"server": "b", "type": "local", "path": "b", "format": "csv"},'
    (said,) = refused(content.replace(b'"servers": [', second, 1))
    assert "there is one server only" in said


@pytest.mark.parametrize(
    ("top", "kinds"),
    [
        ({"status": "deprecated", "version": "v2"}, ("integer", "BIGINT")),
        ({"version": "2026.11", "tenant": "x", "price": {"priceAmount": 0}}, ("number", "INTEGER")),
        ({"version": "1.0.0-rc.1+7"}, ("boolean", "BOOLEAN")),
        ({"team": {"name": "a"}, "support": []}, ("number", "DECIMAL(5,2)")),
    ],
)
def test_what_odcs_says_beyond_us_is_taken(top: dict[str, Any], kinds: tuple[str, str]) -> None:
    other = field("other", kinds[1]) | {"logicalType": kinds[0], "examples": ["a"]}
    check_publication(document("stops", [KEY, other], **top), "stops.odcs.yaml")


def test_a_long_rule_is_refused_in_words() -> None:
    condition = " AND ".join(f"code > '{n}'" for n in range(5000))
    content = document("stops", [KEY], quality=[quality(condition)])
    (said,) = refused(content)
    assert "at most 300 AND/OR" in said
    assert said.startswith(f"{line_with(content, 'odd') - 1}: ")  # where the rule begins


def test_two_region_fields_are_refused() -> None:
    places = [field(name, region=True) for name in ("county", "birthplace")]
    assert any("only one field" in said for said in refused(document("stops", [KEY, *places])))


def test_lint_tells_the_same(tmp_path: Path) -> None:
    path = tmp_path / "stops.odcs.yaml"
    path.write_bytes(document("stops", [KEY, field("name", logicalTypeOptions={"pattern": "("})]))
    errors = [remark for remark in lint(path) if remark.level == "error"]
    assert ["cannot be run" in remark.text.en for remark in errors] == [True]


def test_a_resource_code_names_one_dataset(node: Node) -> None:
    store = ContractStore(node.database)
    same = {"resourceCode": "307001/000007"}
    store.publish(document("first", [KEY], more=same))
    store.publish(document("first", [KEY], more=same, version="1.1.0"))
    content = document("second", [KEY], more=same)
    with pytest.raises(BadContract) as bad:
        store.publish(content)
    (found,) = bad.value.findings
    assert "belongs to dataset first already" in found.text.en
    assert store.find("second") is None


@pytest.mark.parametrize(
    "kind", ["DECIMAL(1,1)", "DECIMAL(4,4)", "DECIMAL(38,38)", "DECIMAL(38,0)"]
)
def test_a_number_with_decimal_places_alone_is_taken(kind: str) -> None:
    shares = field("share", kind, logicalTypeOptions={"minimum": 0})
    content = document("stops", [KEY, shares], quality=[quality("share > 0.5")])
    check_publication(content, "stops.odcs.yaml")


@pytest.mark.parametrize(
    "condition",
    [
        "(" * 160 + "code IS NULL" + ")" * 160,
        "lower(" * 160 + "code" + ")" * 160 + " = 'a'",
        "NOT " * 300 + "(code IS NULL)",
        "CASE WHEN code = 'a' THEN " * 60 + "true" + " END" * 60,
        "code" + "::VARCHAR" * 400 + " = 'a'",
    ],
)
def test_a_rule_that_is_too_deep_is_refused_as_too_deep(condition: str) -> None:
    content = document("stops", [KEY], quality=[quality(condition)])
    with pytest.raises(BadContract) as bad:
        check_publication(content, "stops.odcs.yaml")
    (found,) = bad.value.findings
    assert "nested too deep" in found.text.en
    assert "嵌套太深" in found.text.zh


@pytest.mark.parametrize(
    "condition",
    [
        "code IN (" + ", ".join(f"'{n}'" for n in range(80_000)) + ")",
        "coalesce(" + ", ".join(["code"] * 20_000) + ") IS NULL",
    ],
)
def test_a_rule_of_many_values_is_refused_soon_and_pointed_to_a_code_list(condition: str) -> None:
    content = document("stops", [KEY], quality=[quality(condition)])
    begun = time.process_time()
    with pytest.raises(BadContract) as bad:
        check_publication(content, "stops.odcs.yaml")
    assert time.process_time() - begun < 3
    (found,) = bad.value.findings
    assert "use a code list for many values" in found.text.en


@pytest.mark.parametrize(
    "path", ["   ", " a.csv", "a.csv ", "a\nb.xlsx", "b/" + "x" * 256, "a\tb.csv"]
)
def test_a_path_that_no_file_has_is_refused(path: str) -> None:
    content = document("stops", [KEY])
    changed = content.replace(b'"path": "stops.csv"', json.dumps({"path": path})[1:-1].encode())
    assert changed != content
    (said,) = refused(changed)
    assert "each part of servers[0].path is the name of a file" in said


def test_the_time_of_a_record_is_a_date() -> None:
    content = document("stops", [KEY, field("name", time=True)])
    (said,) = refused(content)
    assert "its physicalType must be DATE or TIMESTAMP" in said


def test_a_region_is_a_code_or_becomes_one() -> None:
    (said,) = refused(document("stops", [KEY, field("county", region=True)]))
    assert "state codeList: divisions" in said
    for how in ({"codeList": "divisions"}, {"steps": ["region"]}):
        content = document("stops", [KEY, field("county", region=True, **how)])
        check_publication(content, "stops.odcs.yaml")
