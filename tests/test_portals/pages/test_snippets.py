"""Lines to copy: whatever a value holds, each tool reads one address and nothing else."""

import ast
import re
import shlex
from urllib.parse import parse_qsl, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from xihu_platform.access.query import Filter, RowQuery, Sort, parse_filter
from xihu_portals.pages.snippets import ApiCall, api_example, filter_text, query_pairs, r_text

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def call(value: str, position: str | None = None) -> ApiCall:
    query = RowQuery(("a", "b"), (Filter("name", "eq", value),), (Sort("a", descending=True),), 7)
    return ApiCall("http://127.0.0.1:8000", "some_data", query_pairs(query), position=position)


def asked(address: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(address).query, keep_blank_values=True)


def expected(value: str) -> list[tuple[str, str]]:
    return [("filter", f"name:eq:{value}"), ("sort", "-a"), ("fields", "a,b"), ("snapshot", "7")]


@given(TEXT)
def test_the_shell_sees_one_address_and_no_command(value: str) -> None:
    words = shlex.split(api_example(call(value)).curl, posix=True)
    assert words[:4] == ["curl", "--fail", "-o", "some_data.csv"]
    assert len(words) == 5
    assert asked(words[4]) == expected(value)
    assert not set(words[4]) & set("'\"`$\\ \n;|<>()*")


@given(TEXT, st.sampled_from([None, "sun-rs", "it's"]))
def test_python_reads_the_pairs_back(value: str, position: str | None) -> None:
    tree = ast.parse(api_example(call(value, position)).python)
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    (get,) = (n for n in calls if ast.unparse(n.func) == "httpx.get")
    (given_pairs,) = (k.value for k in get.keywords if k.arg == "params")
    assert ast.literal_eval(given_pairs) == expected(value)
    statements = [ast.unparse(one) for one in tree.body if isinstance(one, ast.Import)]
    assert set(statements) <= {"import httpx", "import os"}
    names = {ast.unparse(n.func) for n in calls}
    assert names == {
        "httpx.get",
        "answer.raise_for_status",
        "Path",
        "Path('some_data.csv').write_bytes",
    }


@given(TEXT)
def test_r_reads_one_string(value: str) -> None:
    first = api_example(call(value)).r.splitlines()[0]
    said = re.fullmatch(r'address <- "([^"\\]*)"', first)
    assert said is not None
    assert asked(said[1]) == expected(value)


@given(TEXT)
def test_a_text_in_r_is_closed_where_it_ends(value: str) -> None:
    """R's own rules (`?Quotes`): a backslash before a quote, a backslash or a code point."""
    said = r_text(value)
    assert re.fullmatch(r'"([ !#-\[\]-~]|\\["\\]|\\u[0-9a-f]{4}|\\U[0-9a-f]{8})*"', said)
    back = re.sub(
        r"\\(u....|U........|.)",
        lambda m: chr(int(m[1][1:], 16)) if m[1][0] in "uU" else m[1],
        said[1:-1],
    )
    assert back == value


def test_an_official_names_the_position_and_keeps_the_token_out_of_the_lines() -> None:
    lines = api_example(call("x", "sun-rs"))
    assert '-H "Authorization: Bearer $XIHU_TOKEN"' in lines.curl
    assert "-H 'X-Xihu-Position: sun-rs'" in lines.curl
    assert "os.environ" in lines.python and "Sys.getenv" in lines.r
    assert "XIHU_TOKEN" not in api_example(call("x")).curl


@given(st.sampled_from(["eq", "in", "contains"]), TEXT)
def test_a_filter_is_written_as_it_is_read(operator: str, value: str) -> None:
    wanted = Filter("name", operator, value)  # type: ignore[arg-type]
    assert parse_filter(filter_text(wanted)) == wanted
