"""Which information several departments collect about the same: evidence for the data authority,
which alone designates the department that provides it (数源部门).

Source: Order 809 art. 19. Compared are the fields of contracts, never a row. A derived dataset
collects nothing. Keys of persons and firms, regions and times are what datasets are joined by:
that several have them is no repetition.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from xihu_catalog.contracts.model import Contract, Field
from xihu_platform.words import Text

Evidence = Literal["element", "title", "name"]
"""The same data element; the same title; the same name with the same code list or meaning."""
EVIDENCE: tuple[Evidence, ...] = ("element", "title", "name")
"""The strongest first."""
PERSON, FIRM, AREA = "person", "firm", "area"
SHARED = 2
"""Repeated fields of two datasets that are shown as close to each other, at least."""
SEVERAL = 2
"""Departments that collect the same, at least."""
WORDS = 2
"""Words of a name that says more than `kind` or `state`."""
_Mark = tuple[Evidence, str, object]
"""What fields of a subject have in common."""


@dataclass(frozen=True, slots=True)
class CollectedField:
    """One field that a department collects; `subject` is what its records are about."""

    contract: Contract
    field: Field
    subject: str

    @property
    def key(self) -> tuple[str, str]:
        return self.contract.dataset, self.field.name


@dataclass(frozen=True, slots=True)
class Repeat:
    """One information that departments collect about the same subject."""

    subject: str
    evidence: tuple[Evidence, ...]
    fields: tuple[CollectedField, ...]
    """By provider and dataset; of two providers at least."""

    @property
    def title(self) -> Text:
        """The title that most of its fields have."""
        titles = [one.field.title for one in self.fields]
        return max(titles, key=lambda title: [one.zh for one in titles].count(title.zh))

    @property
    def providers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.contract.provider for one in self.fields))


@dataclass(frozen=True, slots=True)
class ClosePair:
    """Two datasets of different departments about the same subject, and what both collect."""

    one: Contract
    other: Contract
    subject: str
    repeats: tuple[Repeat, ...]
    fields: int
    """Collected fields of the dataset that has fewer."""


def collected_fields(contracts: Iterable[Contract]) -> list[CollectedField]:
    """The fields that are compared, by dataset and in the order of the contract."""
    return [
        CollectedField(contract, field, subject_of(contract))
        for contract in sorted(contracts, key=lambda one: one.dataset)
        if contract.source.query is None
        for field in contract.fields
        if not _joins(contract, field)
    ]


def subject_of(contract: Contract) -> str:
    """What a record is about: a person, a firm, an area, or what the elements of its key name. A
    key without an element is of its dataset alone: nobody can say that two are about the same."""
    if any(one.subject_key for one in contract.fields):
        return PERSON
    if any(one.firm_key for one in contract.fields):
        return FIRM
    fields = [one for one in contract.fields if one.name in contract.key]
    kept = [one for one in fields if not (one.region or one.time or one.code_list)]
    if any(one.data_element is None for one in kept):
        return f"key of {contract.dataset}"
    return "+".join(sorted(one.data_element or "" for one in kept)) or AREA


def find_repeats(contracts: Iterable[Contract]) -> tuple[Repeat, ...]:
    """What most departments collect comes first."""
    fields = collected_fields(contracts)
    groups: dict[int, set[int]] = {number: {number} for number in range(len(fields))}
    evidence: dict[int, set[Evidence]] = {number: set() for number in groups}
    for (kind, _, _), known in _buckets(fields).items():
        if len({fields[number].contract.provider for number in known}) < SEVERAL:
            continue  # what one department has twice is no evidence, and no link to a third
        joined = set().union(*(groups[number] for number in known))
        groups |= dict.fromkeys(joined, joined)
        for number in known:
            evidence[number].add(kind)
    repeats = [
        _repeat([fields[n] for n in group], set().union(*(evidence[n] for n in group)))
        for first, group in groups.items()
        if first == min(group)
    ]
    return tuple(sorted((one for one in repeats if len(one.providers) >= SEVERAL), key=_order))


def close_pairs(repeats: Iterable[Repeat], fields: Sequence[CollectedField]) -> list[ClosePair]:
    """Pairs of datasets that share `SHARED` fields or more; those that share most come first."""
    shared: dict[tuple[str, str], list[Repeat]] = {}
    contracts: dict[str, Contract] = {}
    for repeat in repeats:
        datasets = {one.contract.dataset: one.contract for one in repeat.fields}
        contracts |= datasets
        for pair in combinations(sorted(datasets), 2):
            shared.setdefault(pair, []).append(repeat)
    counts: dict[str, int] = {}
    for one in fields:
        counts[one.contract.dataset] = counts.get(one.contract.dataset, 0) + 1
    pairs = [
        ClosePair(contracts[a], contracts[b], found[0].subject, tuple(found), fewer)
        for (a, b), found in shared.items()
        if len(found) >= SHARED
        and contracts[a].provider != contracts[b].provider
        and (fewer := min(counts[a], counts[b]))
    ]
    return sorted(pairs, key=lambda one: (-len(one.repeats), one.one.dataset, one.other.dataset))


def _joins(contract: Contract, field: Field) -> bool:
    """Whether a field says whom, where or when a record is about: that is no information of it."""
    return (
        field.subject_key
        or field.firm_key
        or field.region
        or field.time
        or (field.name in contract.key and field.logical_type in {"date", "timestamp"})
    )


def _buckets(fields: Sequence[CollectedField]) -> dict[_Mark, list[int]]:
    """Numbers of the fields that share an element, a title or a name, about one subject."""
    buckets: dict[_Mark, list[int]] = {}
    for number, one in enumerate(fields):
        field, subject = one.field, one.subject
        marks: list[_Mark] = [("title", subject, (_title(field), _kind(field)))]
        if field.data_element is not None:
            marks.append(("element", subject, field.data_element))
        if field.code_list or len(field.name.split("_")) >= WORDS:
            marks.append(("name", subject, (field.name.casefold(), _kind(field))))
        for mark in marks:
            buckets.setdefault(mark, []).append(number)
    return buckets


def _kind(field: Field) -> tuple[str, str | None]:
    """What values a field has: a number and a text are never the same, nor are two code lists."""
    return field.logical_type, field.code_list


def _title(field: Field) -> str:
    return "".join(unicodedata.normalize("NFKC", field.title.zh).split()).casefold()


def _repeat(fields: Sequence[CollectedField], evidence: set[Evidence]) -> Repeat:
    ordered = sorted(fields, key=lambda one: (one.contract.provider, one.key))
    known = tuple(one for one in EVIDENCE if one in evidence)
    return Repeat(fields[0].subject, known, tuple(ordered))


def _order(one: Repeat) -> tuple[int, int, tuple[str, str]]:
    return -len(one.providers), -len(one.fields), one.fields[0].key
