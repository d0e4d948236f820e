"""What a draft says of one field, and words that give a guess its reason."""

from dataclasses import dataclass, field

from xihu_catalog.drafting.profile import ProfiledColumn
from xihu_platform.access.policy import Grade, Identifier
from xihu_platform.words import Text


@dataclass(frozen=True, slots=True)
class Guess:
    """One guess: `what` it settles, and why."""

    what: str
    text: Text


@dataclass(frozen=True, slots=True)
class FieldDraft:
    """One data item as inferred; a steward confirms or mends it."""

    header: str
    name: str
    title: str
    english: str
    type: str
    grade: Grade
    source_format: str | None = None
    steps: tuple[str | dict[str, list[str]], ...] = ()
    required: bool = False
    unique: bool = False
    key_position: int | None = None
    options: dict[str, int | str] = field(default_factory=dict)
    code_list: str | None = None
    valid_values: tuple[str, ...] = ()
    identifier: Identifier | None = None
    protect: str | None = None
    roles: tuple[str, ...] = ()
    """`subjectKey`, `firmKey`, `region`, `time`."""
    unit: tuple[str, str] | None = None
    data_element: str | None = None
    description: tuple[str, str] | None = None
    guesses: tuple[Guess, ...] = ()


def share_of(column: ProfiledColumn, kind: str, *, sampled: bool) -> Text:
    """How many of the values are of a kind, in words.

    >>> share_of(ProfiledColumn("a", 9, 8, 0, 8, 1, 2, {"x": 7}), "x", sampled=False).en
    '87.5 % of 8 values'
    """
    return count_text(column.counts.get(kind, 0), column.given, sampled=sampled)


def count_text(count: int, total: int, *, sampled: bool) -> Text:
    """Rounded down, so that 100 % means all."""
    tenths = count * 1000 // total if total else 0
    part = f"{tenths // 10}" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}"
    zh = "抽样的 " if sampled else ""
    en = " in a sample" if sampled else ""
    return Text(f"{zh}{total:,} 个值中 {part} %", f"{part} % of {total:,} values{en}")
