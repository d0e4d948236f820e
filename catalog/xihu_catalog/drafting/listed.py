"""Finds the registry's code list that a column's values come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from xihu_catalog.contracts.model import Field
from xihu_catalog.drafting.guess import Guess, count_text
from xihu_catalog.drafting.profile import ProfiledColumn
from xihu_catalog.drafting.terms import Naming
from xihu_catalog.registry.codes import code_list, list_names
from xihu_platform.words import Text

COVERED = 0.98


@dataclass(frozen=True, slots=True)
class Listed:
    """A code list and what it takes to use it."""

    name: str
    guess: Guess
    steps: tuple[str, ...] = ()


@lru_cache
def _lists() -> Mapping[str, frozenset[str]]:
    return {name: frozenset(code_list(name)) for name in list_names()}


@lru_cache
def _division_names() -> frozenset[str]:
    return frozenset(text.zh for text in code_list("divisions").values())


def listed(
    column: ProfiledColumn, naming: Naming, known: Field | None, *, sampled: bool
) -> Listed | None:
    """The list that holds nearly all values, and by its name or size is no accident."""
    if not column.values:
        return None
    named = _covered(column, _division_names())
    if named >= COVERED * column.given:
        part = count_text(named, column.given, sampled=sampled)
        why = Text(f"{part.zh} 是市县名称，由 region 换成代码", f"{part.en} are names of counties")
        return Listed("divisions", Guess("codeList", why), ("region",))
    fits = {
        name: covered
        for name, codes in _lists().items()
        if (covered := _covered(column, codes)) >= COVERED * column.given
    }
    name = _chosen(column, naming, known, fits)
    if name is None:
        return None
    part = count_text(fits[name], column.given, sampled=sampled)
    why = Text(f"{part.zh} 在代码表 {name} 中", f"{part.en} are in code list {name}")
    return Listed(name, Guess("codeList", why))


def _covered(column: ProfiledColumn, codes: frozenset[str]) -> int:
    return sum(n for value, n in column.values if value in codes)


def _chosen(
    column: ProfiledColumn, naming: Naming, known: Field | None, fits: dict[str, int]
) -> str | None:
    if known is not None and known.code_list in fits:
        return known.code_list
    by_name = [name for name in fits if name in naming.name or naming.name in name]
    if by_name:
        return max(by_name, key=len)
    # Digits alone stand in many lists: only codes of some length say which list they are from.
    telling = {n for n in fits if min(len(v) for v, _ in column.values) >= 4}
    return max(telling, key=lambda n: len(column.values) / len(_lists()[n]), default=None)
