"""A view has no field that no code fills: what samples show, some page can show."""

import ast
from collections import defaultdict
from collections.abc import Iterator

import pytest

from xihu_portals.web.render import TEMPLATES

PORTALS = TEMPLATES.parents[1]
TREES = [ast.parse(path.read_text(encoding="utf-8")) for path in PORTALS.rglob("*.py")]
VIEWS = [
    PORTALS / "web" / "parts.py",
    PORTALS / "web" / "datasets.py",
    *(PORTALS / "citizen").glob("*.py"),
    *(PORTALS / "official").glob("*.py"),
]


def views() -> Iterator[tuple[str, list[str]]]:
    """Each view with its fields, in order."""
    for path in VIEWS:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and "frozen=True" in _decorators(node):
                fields = [s.target for s in node.body if isinstance(s, ast.AnnAssign)]
                yield node.name, [f.id for f in fields if isinstance(f, ast.Name)]


def _decorators(node: ast.ClassDef) -> str:
    return " ".join(ast.unparse(one) for one in node.decorator_list)


FIELDS = dict(views())


def filled() -> dict[str, set[str]]:
    """The fields that the source gives each view: by place, by name, or in a changed copy."""
    found: dict[str, set[str]] = defaultdict(set)
    calls = (n for tree in TREES for n in ast.walk(tree) if isinstance(n, ast.Call))
    for call in calls:
        name = ast.unparse(call.func).rpartition(".")[2]
        found[name] |= {word.arg for word in call.keywords if word.arg}
        found[name] |= set(FIELDS.get(name, [])[: len(call.args)])
    return found


FILLED = filled()


@pytest.mark.parametrize("view", FIELDS)
def test_every_field_of_a_view_is_filled_by_some_code(view: str) -> None:
    assert set(FIELDS[view]) - FILLED[view] - FILLED["replace"] == set()
