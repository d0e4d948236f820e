"""Every pair of colours the pages set as text on ground reaches 4.5:1, in light and in dark."""

import re

import pytest

from xihu_portals.web.assets import STATIC

CSS = (STATIC / "xihu.css").read_text(encoding="utf-8")
GROUNDS = ("paper", "card", "sunk")
TEXTS = ("ink", "muted", "lake", "lake-deep", "willow", "amber", "brick", "up", "down")
PAIRS = [
    *((text, ground) for text in TEXTS for ground in GROUNDS),
    *(("ink", wash) for wash in ("lake-wash", "amber-wash", "brick-wash", "willow-wash")),
    ("lake", "lake-wash"),
    ("lake", "amber-wash"),
    ("amber", "amber-wash"),
    ("brick", "brick-wash"),
    ("muted", "amber-wash"),
    ("muted", "lake-wash"),
    ("on-lake", "lake"),
    ("on-lake", "lake-deep"),
    ("on-mark", "mark"),
    ("on-bar", "bar"),
    ("bar-muted", "bar"),
    ("paper", "ink"),
    *(("on-shade-low", f"shade-{step}") for step in (1, 2, 3)),
    *(("on-shade-high", f"shade-{step}") for step in (5, 6, 7)),
]
GRAPHICS = [(f"series-{step}", "card") for step in range(1, 7)] + [("strong-line", "card")]


def _tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6});", block))


LIGHT = _tokens(CSS.split("@media")[0])
BY_SYSTEM = _tokens(CSS.split(":root:not(.theme-light) {")[1].split("}")[0])
BY_CHOICE = _tokens(CSS.split(":root.theme-dark {")[1].split("}")[0])
THEMES = {"light": LIGHT, "dark": LIGHT | BY_CHOICE}


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_is_readable_on_its_ground(theme: str, text: str, ground: str) -> None:
    tokens = THEMES[theme]
    assert contrast(tokens[text], tokens[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("mark", "ground"), GRAPHICS)
def test_lines_and_borders_of_fields_stand_out(theme: str, mark: str, ground: str) -> None:
    tokens = THEMES[theme]
    assert contrast(tokens[mark], tokens[ground]) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_the_middle_shade_carries_ink(theme: str) -> None:
    assert contrast("#14232B", THEMES[theme]["shade-4"]) >= 4.5


def test_dark_by_system_is_dark_by_choice() -> None:
    assert BY_SYSTEM == BY_CHOICE
    assert BY_CHOICE.keys() == LIGHT.keys()
