"""Values of another kind than their names say are refused at their line, and nothing crashes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contracts import document, field
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.lint import lint
from xihu_catalog.contracts.publication import check_publication

KEY = field("code", key=True)
RULE = "SELECT count(*) FROM ${table} WHERE amount > 3"


def options(kind: str = "DECIMAL(18,2)", **said: object) -> bytes:
    return document("stops", [KEY, field("amount", kind, logicalTypeOptions=said)])


def custom(name: str, value: object, *, of_field: bool = True) -> bytes:
    said: dict[str, Any] = {name: value} if of_field else {}
    fields = [KEY, field("name", **said)]
    return document("stops", fields, more={} if of_field else {name: value})


def rule(**said: object) -> bytes:
    made = {"id": "odd", "type": "sql", "query": RULE} | said
    return document("stops", [KEY, field("amount", "DECIMAL(18,2)")], quality=[made])


REFUSED = [
    *(options(minimum=value) for value in (["a"], {"a": 1}, True, "abc", float("inf"), 10**40)),
    *(options(maximum=value) for value in ("2026-13-01", float("nan"))),
    *(options("DATE", minimum=value) for value in (5, -1, 0)),
    *(options("VARCHAR", pattern=value) for value in (5, ["a"], {"a": 1}, True, 1.5)),
    *(options("VARCHAR", maxLength=value) for value in ("abc", float("inf"), ["a"], -1, 1.5)),
    options("VARCHAR", patern="a"),
    options(minimum=5, maximum=4),
    options("VARCHAR", minLength=5, maxLength=4),
    *(custom("codeList", value) for value in (5, ["x"], {"a": 1}, True)),
    *(custom("identifier", value) for value in (["x"], {"a": 1})),
    *(custom("region", value) for value in ("no", "false", 1)),
    *(custom("subjectKey", value) for value in ("no", "yes")),
    custom("synthetic", "false", of_field=False),
    custom("push", "false", of_field=False),
    *(custom("resourceCode", value, of_field=False) for value in (" ", "307001/1 ", ["x"])),
    *(custom("deleteValues", value, of_field=False) for value in (5, True)),
    custom("deleteColumn", "", of_field=False),
    *(rule(mustBe=value) for value in (5, 1)),
    *(rule(**{name: 5}) for name in ("mustBeGreaterThan", "mustBeLessThan")),
    *(
        rule(query=query)
        for query in (
            RULE + " LIMIT 5",
            RULE + " GROUP BY code",
            RULE + " QUALIFY row_number() OVER () = 1",
            RULE.replace("${table}", "secrets"),
            RULE.replace("${table}", "${table}, read_csv('/etc/passwd')"),
            "WITH x AS (SELECT 1) " + RULE,
            RULE.replace("count(*)", "avg(amount)"),
            RULE.replace("count(*)", "count(*), 1"),
            RULE + " UNION ALL " + RULE,
            f"SELECT count(*) FROM ${{table}} WHERE {'(' * 3000}amount > 3{')' * 3000}",
        )
    ),
    *(
        rule(query=f"SELECT count(*) FROM ${{table}} WHERE {condition}")
        for condition in (
            "sum(amount) > 3",
            "count(*) > 1",
            "'x'",
            "amount > 'abc'",
            "code < DATE '2026-13-01'",
            "CAST(code AS INTEGER) > 3",
        )
    ),
    rule(id="key.unique"),
    rule(id="amount.type"),
]


@pytest.mark.parametrize("content", REFUSED)
def test_it_is_refused_in_words_and_lint_says_the_same(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(BadContract) as bad:
        check_publication(content, "stops.odcs.yaml")
    assert all(found.line > 0 and found.text.zh for found in bad.value.findings)
    path = tmp_path / "stops.odcs.yaml"
    path.write_bytes(content)
    errors = [remark.text.en for remark in lint(path) if remark.level == "error"]
    assert errors == [found.text.en for found in bad.value.findings]


@pytest.mark.parametrize(
    "content",
    [
        options(minimum=0, maximum=10.5),
        options("DATE", minimum="2020-01-01"),
        options("VARCHAR", pattern="^a$", minLength=0, maxLength=3, format="x"),
        custom("firmKey", True),
        custom("synthetic", False, of_field=False),
        rule(),
        rule(mustBe=0),
    ],
)
def test_what_is_of_its_kind_is_taken(content: bytes) -> None:
    check_publication(content, "stops.odcs.yaml")


def test_the_line_is_the_values_own() -> None:
    content = options("VARCHAR", pattern=5)
    said: dict[str, Any] = json.loads(content)
    assert said["schema"][0]["properties"][1]["logicalTypeOptions"] == {"pattern": 5}
    with pytest.raises(BadContract) as bad:
        check_publication(content, "stops.odcs.yaml")
    (found,) = bad.value.findings
    assert b'"pattern": 5' in content.splitlines()[found.line - 1]
