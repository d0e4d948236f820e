"""Reads the repository's Markdown: pages, links, headings, and commands that a test runs."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^(```+|~~~+).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
_RUN = re.compile(
    r"^<!-- run: (\w+)( fails)? -->\n```console\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a page and what the page says it prints."""

    page: str
    text: str
    printed: str
    fails: bool = False
    """Whether its exit status says so."""


def list_pages() -> list[Path]:
    """Every Markdown file that git knows."""
    names = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in names.stdout.splitlines() if (ROOT / name).exists()]


def links(page: Path) -> list[str]:
    """The targets of a page's links and pictures, those in examples left out."""
    found = _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))
    return [link or picture for link, picture in found]


def anchors(page: Path) -> set[str]:
    """The names of a page's headings as both GitHub and MkDocs make them.

    Pages that are linked to by a heading keep to letters, digits and blanks in it.
    """
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = (re.sub(r"[^\w\s-]", "", head.replace("`", "")).strip().lower() for head in heads)
    return {re.sub(r"\s", "-", head) for head in plain}


def commands(group: str, pages: list[Path]) -> Iterator[Command]:
    """The commands marked `<!-- run: group -->`, or `group fails`, in the order of the pages."""
    for page in pages:
        for marked, fails, block in _RUN.findall(page.read_text(encoding="utf-8")):
            if marked == group:
                yield from _of_block(str(page.relative_to(ROOT)), block, bool(fails))


def _of_block(page: str, block: str, fails: bool) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.split("\n")
        end = next(i for i, line in enumerate(lines) if not line.endswith("\\")) + 1
        yield Command(page, "\n".join(lines[:end]), "\n".join(lines[end:]).strip(), fails)


def matches(said: str, printed: str, *, any_number: bool = False) -> bool:
    """Whether what was printed is what a page says: `…` in a line is anything in it, a line of `…`
    any lines. With `any_number` a number is like any other.

    >>> matches("a … c\\n…\\nend", "a b c\\n1\\n2\\nend"), matches("a", "b")
    (True, False)
    >>> matches("12 rows", "3,400.5 rows", any_number=True)
    True
    """
    parts = []
    for line in said.split("\n"):
        words = re.escape(line).replace("…", ".*")
        if any_number:
            words = re.sub(r"\d[\d,]*(\\\.\d+)?", lambda _: r"-?\d[\d,]*(\.\d+)?", words)
        parts.append(r"(?:.*\n)*?" if line.strip() == "…" else words + r"\n")
    return re.fullmatch("".join(parts), printed.strip("\n") + "\n") is not None
