"""Reads the registry's impact assessments (影响评估): processing that is not done without one.

Source: 《个人信息保护法》 arts 55 and 56, of what is about persons. The platform asks for one where
it compares values of departments, also those about nobody.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import StringConstraints, TypeAdapter

from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import BothLanguages, ContentPart, check_unique, read_content
from xihu_platform.words import Text

ASSESSMENTS = "assessments.yaml"
Processing = Literal["value_overlap"]
"""`value_overlap`: whether fields of several departments have the same values (art. 19)."""


@dataclass(frozen=True, slots=True)
class ImpactAssessment:
    """One assessment, by whom it was made and until when it is in force."""

    id: str
    processing: Processing
    title: Text
    organisation: str
    """USCC of the data authority that made it."""
    valid_from: date
    valid_to: date
    record: str
    """Number of the document that has it."""


class _Assessment(ContentPart):
    id: Annotated[str, StringConstraints(pattern=r"^IA-[A-Z0-9-]{1,28}$")]
    processing: Processing
    title: BothLanguages
    organisation: str
    valid_from: date
    valid_to: date
    record: Annotated[str, StringConstraints(min_length=1, max_length=80)]


class _Assessments(ContentPart):
    assessments: list[_Assessment] = []


@lru_cache
def assessments() -> tuple[ImpactAssessment, ...]:
    """In the order of the file; none where there is no file. Raises BadRegistry."""
    path = registry_folder() / ASSESSMENTS
    raw = read_content(path, TypeAdapter(_Assessments), _Assessments())
    check_unique(path, "id", (one.id for one in raw.assessments))
    return tuple(
        ImpactAssessment(
            one.id,
            one.processing,
            one.title.text(),
            one.organisation,
            one.valid_from,
            one.valid_to,
            one.record,
        )
        for one in raw.assessments
    )


def assessment_of(processing: Processing, today: date) -> ImpactAssessment | None:
    """The one in force that ends last; None where the processing may not be done."""
    known = [
        one
        for one in assessments()
        if one.processing == processing and one.valid_from <= today <= one.valid_to
    ]
    return max(known, key=lambda one: one.valid_to, default=None)
