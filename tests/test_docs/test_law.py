"""The page on law says of each duty what the registry's rows say, and leaves none out."""

import re

from tests.test_docs.pages import ROOT
from xihu_catalog.registry.statutes import duties

ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| (\d+) ([a-z ]+?)s? \| (–|\+ \d+) \| [^|]+ \|$", re.M)


def test_the_page_on_law_agrees_with_the_statutes() -> None:
    text = (ROOT / "docs/law.md").read_text(encoding="utf-8")
    said = {
        (name, article, int(value), unit.replace(" ", "_"), extension)
        for name, article, value, unit, extension in ROW.findall(text)
    }
    assert said == {
        (name, d.article, d.value, d.unit, f"+ {d.extension}" if d.extension else "–")
        for (_, name), d in duties().items()
    }


def test_what_nobody_has_read_is_said_to_be_unverified() -> None:
    text = (ROOT / "docs/law.md").read_text(encoding="utf-8")
    for (_, name), duty in duties().items():
        if not duty.verified:
            assert re.search(rf"^\| `{name}` .*not verified", text, re.M)
