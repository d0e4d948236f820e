"""The kinds of matters as diagrams of docs/how/matters.md, made from their definitions.

    python -m tests.test_docs.charts

writes them into the page; a test compares.
"""

from pathlib import Path

from tests.registry import REGISTRY
from xihu_catalog.registry.matters import matter_definitions
from xihu_platform.matters.definition import Definition

assert REGISTRY
PAGE = Path(__file__).parents[2] / "docs" / "how" / "matters.md"
BEGIN, END = "<!-- kinds: made by tests.test_docs.charts -->\n", "<!-- end of kinds -->\n"


def every_chart() -> str:
    """A heading and a diagram for each kind, in the order of their names."""
    kinds = sorted(matter_definitions().values(), key=lambda one: one.kind)
    return "\n".join(f"### {one.title.en}\n\n```mermaid\n{chart(one)}```\n" for one in kinds)


def chart(kind: Definition) -> str:
    """Mermaid's stateDiagram-v2: one arrow for each pair of states, with its events."""
    lines = ["stateDiagram-v2"]
    lines += [f'  state "{one.title.en}" as {one.name}' for one in kind.states.values()]
    lines.append(f"  [*] --> {kind.initial}: {_said(kind.opening.title.en)}")
    arrows: dict[tuple[str, str], list[str]] = {}
    for event in kind.events.values():
        said = _said(event.title.en) + (" (by itself)" if event.statute else "")
        for source in event.sources:
            arrows.setdefault((source, event.lands(source)), []).append(said)
    lines += [f"  {a} --> {b}: {' / '.join(said)}" for (a, b), said in arrows.items()]
    lines += [f"  {one.name} --> [*]" for one in kind.states.values() if one.final]
    return "\n".join(lines) + "\n"


def _said(title: str) -> str:
    """Mermaid ends a label at a colon or a semicolon."""
    return title.replace(";", ",").replace(":", ",")


def with_charts(page: str) -> str:
    """The page with its diagrams as they are now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{every_chart()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_charts(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
