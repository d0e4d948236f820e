"""Both languages say everything, and nothing is said that no page needs."""

import re
from string import Formatter

import pytest

from xihu_portals.web.render import TEMPLATES
from xihu_portals.web.words import WORDS
from xihu_portals.web.words.appointments import APPOINTMENTS
from xihu_portals.web.words.audit import AUDIT
from xihu_portals.web.words.cases import CASES
from xihu_portals.web.words.citizen import CITIZEN
from xihu_portals.web.words.common import COMMON
from xihu_portals.web.words.drafts import DRAFTS
from xihu_portals.web.words.exchanges import EXCHANGES
from xihu_portals.web.words.explore import EXPLORE
from xihu_portals.web.words.figures import FIGURES
from xihu_portals.web.words.guides import GUIDES
from xihu_portals.web.words.harvest import HARVEST
from xihu_portals.web.words.licences import LICENCES
from xihu_portals.web.words.mandates import MANDATES
from xihu_portals.web.words.matters import MATTERS
from xihu_portals.web.words.official import OFFICIAL
from xihu_portals.web.words.oversight import OVERSIGHT
from xihu_portals.web.words.reports import REPORTS
from xihu_portals.web.words.standards import STANDARDS
from xihu_portals.web.words.subscriptions import SUBSCRIPTIONS
from xihu_portals.web.words.versions import VERSIONS

CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for path in [*TEMPLATES.rglob("*.html"), *TEMPLATES.parent.glob("*.py")]
)
WRITTEN = set(re.findall(r"""\b(?:w|wd|word)\((?:language, )?["']([\w.]+)["'](?! ~)""", SOURCES))
BEGINNINGS = tuple(set(re.findall(r"""["']([a-z_]+\.)["'] ~""", SOURCES)))
SAID_BY_CODE = {"rows", "services.persons", "services.firms", "services.everybody"}
"""Said by the doctest of `word` and by cells; by the list of services."""


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_are_there_with_the_same_places(key: str) -> None:
    text = WORDS[key]
    assert text.en
    assert text.zh or key == "gap"
    assert _places(text.zh) == _places(text.en)


def test_no_chinese_stands_in_the_english_words() -> None:
    assert [key for key, text in WORDS.items() if CHINESE.search(text.en)] == []


def test_no_key_is_defined_twice() -> None:
    parts = (
        *(COMMON, CITIZEN, OFFICIAL, AUDIT, EXPLORE),
        *(FIGURES, OVERSIGHT, MATTERS, CASES, APPOINTMENTS, LICENCES, GUIDES, MANDATES),
        *(DRAFTS, EXCHANGES, HARVEST, REPORTS, STANDARDS, SUBSCRIPTIONS, VERSIONS),
    )
    assert len(WORDS) == sum(len(part) for part in parts)


def test_every_word_a_template_asks_for_is_there() -> None:
    assert WRITTEN - set(WORDS) == set()


def test_every_word_is_asked_for_somewhere() -> None:
    unused = [
        key
        for key in WORDS.keys() - SAID_BY_CODE
        if not re.search(f"[\"']{re.escape(key)}[\"']", SOURCES) and not key.startswith(BEGINNINGS)
    ]
    assert unused == []


def test_no_template_writes_chinese_of_its_own() -> None:
    allowed = {"合成数据", "西湖", "中文", "＊"}
    for path in TEMPLATES.rglob("*.html"):
        found = set(re.findall(r"[\u3000-\u9fff\uff00-\uffef]+", path.read_text(encoding="utf-8")))
        assert found <= allowed, path
