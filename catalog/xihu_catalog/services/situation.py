"""What remains to be asked for in one case: three-valued, so that not knowing is never a no.

A question is answered yes, no or not at all. A paper that only one answer asks for is asked for
where the answer is unknown; nobody is turned away by an answer that they did not give.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from xihu_catalog.services.item import (
    ItemField,
    ItemPart,
    ItemQuestion,
    Material,
    ServiceItem,
    situations,
)
from xihu_platform.errors import BadInput

Answer = Literal["yes", "no", "unknown"]
Answers = Mapping[str, Answer]
ANSWERS: tuple[Answer, ...] = ("yes", "no", "unknown")
How = Literal["not_needed", "shared", "licence", "uploaded", "at_counter", "deferred", "to_bring"]
"""Of a paper: not for this situation; not asked for, since a dataset or a licence has what it
proves; given as a file; to be brought to the counter; to follow; still missing."""


def written(answers: Answers) -> str:
    """As a draft stores them.

    >>> written({"married": "yes", "ill": "unknown"})
    'married=yes ill=unknown'
    """
    return " ".join(f"{name}={answer}" for name, answer in answers.items())


def read_answers(item: ServiceItem, text: str) -> dict[str, Answer]:
    """One for each question of the item: unknown where none was given.

    Raises BadInput for what is no answer to a question of the item.
    """
    given: dict[str, Answer] = {one.id: "unknown" for one in item.questions}
    for part in text.split():
        name, _, said = part.partition("=")
        answer = next((one for one in ANSWERS if one == said), None)
        if name not in given or answer is None:
            raise BadInput(
                "情形回答有误，请重新选择", "an answer is none of yes, no, unknown: choose again"
            )
        given[name] = answer
    return given


def known_answers(item: ServiceItem, text: str) -> dict[str, Answer]:
    """The same of what is stored: what is no answer to a question of the item is not known."""
    given: dict[str, Answer] = {one.id: "unknown" for one in item.questions}
    for part in text.split():
        name, _, said = part.partition("=")
        if name in given:
            given[name] = next((one for one in ANSWERS if one == said), "unknown")
    return given


def barred(item: ServiceItem, answers: Answers) -> list[ItemQuestion]:
    """The questions whose answer says that the item is not for this applicant."""
    return [one for one in item.questions if one.bars is not None and answers.get(one.id) == "no"]


def is_needed(asked: Material | ItemField | ItemPart, answers: Answers) -> bool:
    """Whether the situation asks for a paper, a field or a part, or may ask for it: not where each
    of its situations is known not to be theirs.

    >>> from types import SimpleNamespace as Paper
    >>> [is_needed(Paper(when="ill"), {"ill": one}) for one in ("yes", "no", "unknown")]
    [True, False, True]
    >>> [is_needed(Paper(when="not ill"), {"ill": one}) for one in ("yes", "no", "unknown")]
    [False, True, True]
    >>> both = Paper(when="ill and not insured")
    >>> [is_needed(both, {"ill": one, "insured": "no"}) for one in ("yes", "no", "unknown")]
    [True, False, True]
    >>> is_needed(both, {"ill": "unknown", "insured": "yes"})
    False
    >>> is_needed(Paper(when="ill or not insured"), {"ill": "no", "insured": "no"})
    True
    """
    return any(
        all(answers.get(q, "unknown") != ("yes" if no else "no") for q, no in one)
        for one in situations(asked.when)
    )


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What is known of one case's papers."""

    answers: Answers
    found: Collection[str] = ()
    """Papers that a register or a licence has, by id."""
    licences: Collection[str] = ()
    """Of these, the papers that a licence serves for."""
    contradicted: Collection[str] = ()
    """Papers that the applicant adds of their own accord, to say otherwise than a register."""
    uploaded: Collection[str] = ()
    at_counter: Collection[str] = ()
    deferred: Collection[str] = ()


def how(material: Material, facts: CaseFacts) -> How:
    """How a case has a paper. A paper that a register has is not asked for, unless the item says
    why it has to be (Order 809 art. 19)."""
    if not is_needed(material, facts.answers):
        return "not_needed"
    if material.asked is None and material.id in facts.found:
        return "licence" if material.id in facts.licences else "shared"
    if material.id in facts.uploaded:
        return "uploaded"
    if material.id in facts.at_counter:
        return "at_counter"
    return "deferred" if material.id in facts.deferred else "to_bring"


def papers_of(item: ServiceItem, facts: CaseFacts) -> dict[str, How]:
    """Every paper of the item, by id."""
    return {one.id: how(one, facts) for one in item.materials}


def missing(item: ServiceItem, papers: Mapping[str, How]) -> list[Material]:
    """The required papers without which nothing can be handed in. One that may follow is named to
    the office as not there, which accepts with it to follow or asks for it."""
    return [
        one
        for one in item.materials
        if one.required and not one.deferrable_days and papers[one.id] == "to_bring"
    ]


@dataclass(frozen=True, slots=True)
class Spared:
    """免交材料: of the papers that the first version of the item asked for in this situation, how
    many this case was not asked for."""

    papers: int
    of: int


def spared(item: ServiceItem, papers: Mapping[str, How]) -> Spared:
    """What the first version asked for is its papers less those that this situation does not
    need; what is asked for now is what was uploaded, brought or is to follow."""
    unneeded = sum(one == "not_needed" for one in papers.values())
    of = max(item.first_version.papers - unneeded, 0)
    asked = sum(
        one in {"uploaded", "at_counter", "deferred", "to_bring"} for one in papers.values()
    )
    return Spared(max(of - asked, 0), of)
