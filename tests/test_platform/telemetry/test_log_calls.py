"""No log call of ours takes an exception: its message may quote a value, an address or SQL."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = [
    f for f in ("platform", "catalog", "pipelines", "portals", "deploy") if (ROOT / f).is_dir()
]
LOGGERS = {"log", "_log", "logger", "logging"}
SAFE = {"failure_facts", "type", "describe"}


def offences(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    caught = {n.name for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler) and n.name}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        of = node.func.value
        if not isinstance(of, ast.Name) or of.id not in LOGGERS:
            continue
        if node.func.attr == "exception" or any(k.arg == "exc_info" for k in node.keywords):
            yield f"{node.lineno}: writes the trace"
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if any(_names(one) & caught for one in given):
            yield f"{node.lineno}: writes the message"


def _names(node: ast.AST) -> set[str]:
    """Names that are used, but for those handed to a function that keeps type and place alone."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAFE:
        return set()
    if isinstance(node, ast.Name):
        return {node.id}
    return {name for child in ast.iter_child_nodes(node) for name in _names(child)}


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_log_call_writes_an_exception(folder: str) -> None:
    found = {
        str(path.relative_to(ROOT)): list(offences(path.read_text(encoding="utf-8")))
        for path in (ROOT / folder).rglob("*.py")
    }
    assert not {path: lines for path, lines in found.items() if lines}


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("log.error('x %s', error)", 1),
        ("log.error(f'x {error}')", 1),
        ("log.error('x', exc_info=True)", 1),
        ("log.exception('x')", 1),
        ("log.error('x', extra=failure_facts(error))", 0),
        ("log.error('x %s', type(error).__name__)", 0),
    ],
)
def test_what_counts_as_writing_it(call: str, number: int) -> None:
    source = f"try:\n    pass\nexcept ValueError as error:\n    {call}\n"
    assert len(list(offences(source))) == number
