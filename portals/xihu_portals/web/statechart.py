"""A drawing of states and events, as a template draws it, and titles broken into lines."""

from dataclasses import dataclass

from xihu_platform.words import Text

LINE_LIMIT = {"zh": 10, "en": 22}
"""Characters of a state's title on a line."""


@dataclass(frozen=True, slots=True)
class StateBox:
    """One state; `steps`: the numbers of events that leave it as it is."""

    name: str
    title: Text
    x: float
    y: float
    final: bool
    steps: str


@dataclass(frozen=True, slots=True)
class StateArrow:
    """The events from one state to another, those of time apart: an SVG path, and where their
    numbers are."""

    path: str
    label: str
    x: float
    y: float
    by_time: bool


@dataclass(frozen=True, slots=True)
class StateChart:
    width: float
    height: float
    boxes: tuple[StateBox, ...]
    arrows: tuple[StateArrow, ...]


def lines(title: str, limit: int) -> list[str]:
    """A title broken at spaces where it has some, else after so many characters.

    >>> lines("Signature of the provider's head", 22)
    ['Signature of the', "provider's head"]
    >>> lines("提供部门负责人签批意见", 10)
    ['提供部门负责人签批意', '见']
    """
    found = [""]
    words = title.split(" ") if " " in title else [title]
    for word in words:
        joined = f"{found[-1]} {word}".strip()
        if len(joined) <= limit or not found[-1]:
            found[-1] = joined
        else:
            found.append(word)
    return [piece[at : at + limit] for piece in found for at in range(0, len(piece), limit)]
