"""Both languages say everything, and nothing is said that no page needs."""

import re
from importlib import import_module
from pathlib import Path
from string import Formatter

import pytest

from xihu_portals.web import words
from xihu_portals.web.render import TEMPLATES
from xihu_portals.web.words import WORDS

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
    files = [one.stem for one in Path(words.__file__).parent.glob("*.py") if one.stem != "__init__"]
    parts = [vars(import_module(f"{words.__name__}.{one}"))[one.upper()] for one in files]
    assert parts
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
