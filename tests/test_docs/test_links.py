"""Links of the repository's Markdown: a target that is not there, or an address of no sense."""

import re
from pathlib import Path

import pytest

from tests.test_docs.pages import ROOT, anchors, links, list_pages

PAGES = list_pages()
OUTSIDE = re.compile(r"https://[a-z0-9.-]+\.[a-z]+(/\S*)?|mailto:\S+@\S+")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            assert OUTSIDE.fullmatch(link), link  # never fetched: by its form alone
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_of_the_documentation_is_in_its_navigation() -> None:
    named = set(re.findall(r"[\w./-]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8")))
    pages = {str(p.relative_to(ROOT / "docs")) for p in PAGES if p.is_relative_to(ROOT / "docs")}
    assert pages <= named


def test_nothing_is_cited_that_lies_outside_the_repository() -> None:
    outside = re.compile(r"\.\./shared|\b(DESIGN|DOMAIN|TRAPS|MATTERS|STORIES|PORTALS|STYLE)\.md\b")
    cited = re.compile(r"\b(DESIGN|DOMAIN|TRAPS|MATTERS|STORIES|PORTALS) (§|\d|marks|conv)")
    for folder in ("platform", "catalog", "pipelines", "portals", "deploy", "docs", "tests"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix not in {".py", ".md", ".yaml"} or path == Path(__file__):
                continue
            if "vendor" in path.parts:
                continue
            text = path.read_text(encoding="utf-8")
            assert not outside.search(text), path
            assert not cited.search(text), path
