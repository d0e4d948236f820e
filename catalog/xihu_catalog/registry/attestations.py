"""Reads the attestations: data that a department has and shares with no other, with the provision
that forbids it (Order 809 art. 15) and the day by which that has to be reviewed.

Each line becomes an entry of the catalogue without data (`sharing/attestations.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, StringConstraints, TypeAdapter

from xihu_catalog.formats.clean import find_iri
from xihu_catalog.registry.faults import WrongContent
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.forbidding import forbidding_provisions, provisions_in_words
from xihu_catalog.registry.people import ORGANISATIONS, organisations
from xihu_catalog.registry.reading import (
    BothLanguages,
    ContentPart,
    check_unique,
    read_content,
)
from xihu_platform.words import Text

ATTESTATIONS = "attestations.yaml"
LONGEST, LAST_YEAR = 10, 2999
"""Years between a decision and its review, and the last year that is taken for one."""
PREFIX = "attested"
"""What their ids in the catalogue begin with; no harvested source may have it as its id."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """One line: what is not shared, by whom, on what ground, and for how long that was decided."""

    id: str
    title: Text
    description: Text
    organisation: str
    """USCC of the department that has the data."""
    basis: Text
    """The provision in words: law and article."""
    law: str
    """The address of the law's text."""
    decided_on: date
    review_by: date
    """The last day on which the decision needs no review."""

    @property
    def entry(self) -> str:
        """The id of its entry in the catalogue."""
        return f"{PREFIX}-{self.id}"


def _is_web_address(value: str) -> str:
    if find_iri(value) != value:
        raise WrongContent("须为 http 或 https 的完整网址", "is a whole address of http or https")
    return value


class _Attestation(ContentPart):
    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,62}$")]
    title: BothLanguages
    description: BothLanguages
    organisation: str
    basis: BothLanguages
    law: Annotated[str, AfterValidator(_is_web_address)]
    decided_on: date
    review_by: date


class _Attestations(ContentPart):
    attestations: list[_Attestation] = []


@lru_cache
def attestations() -> tuple[Attestation, ...]:
    """In the order of the file; none where there is no file. Raises BadRegistry."""
    path = registry_folder() / ATTESTATIONS
    raw = read_content(path, TypeAdapter(_Attestations), _Attestations())
    check_unique(path, "id", (one.id for one in raw.attestations))
    return tuple(
        Attestation(
            one.id,
            one.title.text(),
            one.description.text(),
            one.organisation,
            one.basis.text(),
            one.law,
            one.decided_on,
            one.review_by,
        )
        for one in raw.attestations
    )


def attestation_faults() -> Iterator[tuple[str, Text]]:
    """What is wrong with a line, by its id."""
    for one in attestations():
        if one.organisation not in organisations():
            yield (
                one.id,
                Text(
                    f"机构 {one.organisation} 不在 {ORGANISATIONS} 中",
                    f"the organisation {one.organisation} is not in {ORGANISATIONS}",
                ),
            )
        if not any(known.is_named_in(one.basis.zh) for known in forbidding_provisions()):
            said = provisions_in_words()
            yield (
                one.id,
                Text(
                    f"basis 没有写明明确禁止共享的规定；已登记的有 {said.zh}",
                    f"basis names no provision that expressly forbids sharing: {said.en}, say",
                ),
            )
        if one.review_by.year > one.decided_on.year + LONGEST or one.review_by.year > LAST_YEAR:
            yield (
                one.id,
                Text(
                    f"review_by {one.review_by} 太远：最迟在决定后 {LONGEST} 年内复核",
                    f"review_by {one.review_by} is too far away: {LONGEST} years after the "
                    "decision at most",
                ),
            )
        if one.review_by <= one.decided_on:
            yield (
                one.id,
                Text(
                    f"review_by {one.review_by} 不晚于 decided_on {one.decided_on}，请改正",
                    f"review_by {one.review_by} is not after decided_on {one.decided_on}: correct "
                    "them",
                ),
            )


def valid_attestations() -> tuple[Attestation, ...]:
    """Those of which nothing is wrong."""
    wrong = {line for line, _ in attestation_faults()}
    return tuple(one for one in attestations() if one.id not in wrong)
