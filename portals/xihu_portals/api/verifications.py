"""Verifications over HTTP: a claim about one person of a ground, or about all of a list.

The access gateway decides, records and answers; no row of the data is in any answer.
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from xihu_platform.access.answers import Citation
from xihu_platform.access.verification import ClaimAsked, Verified, verify
from xihu_platform.access.verification_record import RecordedAnswer
from xihu_platform.errors import BadInput, Conflict
from xihu_platform.identity.principal import Principal
from xihu_platform.visible import hidden_characters
from xihu_platform.words import Language, Text
from xihu_portals.api.auth import SignedIn, services_of
from xihu_portals.api.datasets import cite, language
from xihu_portals.api.errors import OF_CALLERS, OF_DECISIONS, errors
from xihu_portals.api.schemas.verifications import (
    ListAsked,
    ListedAnswer,
    ListResult,
    VerificationAsked,
    VerificationResult,
)

router = APIRouter(
    prefix="/api/v1/verifications",
    tags=["verifications"],
    responses={**OF_CALLERS, **OF_DECISIONS, **errors(Conflict)},
)


@router.post("")
def verify_claim(
    request: Request, response: Response, caller: SignedIn, asked: VerificationAsked
) -> VerificationResult:
    """Whether a claim of a dataset is true of one person of a ground.

    Answered once for each person, claim and argument, and repeated from the record afterwards.
    """
    done, lang = _verify(request, response, caller, asked, asked.subject), language(request)
    (one,) = done.answers
    return VerificationResult(
        **_about(done, asked, lang),
        subject=one.subject,
        answer=one.answer,
        data_as_of=one.basis.data_as_of,
        snapshot=str(one.basis.snapshot_id),
        answered_at=one.basis.answered_at,
        repeated=done.repeated,
        cited=_cited(done, one, services_of(request).node.settings.base_url, lang),
    )


@router.post("/list")
def verify_list(
    request: Request, response: Response, caller: SignedIn, asked: ListAsked
) -> ListResult:
    """A claim about all persons of a countersigned collective ground, once a day."""
    done, lang = _verify(request, response, caller, asked, None), language(request)
    return ListResult(
        **_about(done, asked, lang),
        answers=[
            ListedAnswer(
                subject=one.subject,
                answer=one.answer,
                data_as_of=one.basis.data_as_of,
                snapshot=str(one.basis.snapshot_id),
            )
            for one in done.answers
        ],
        match_share=done.match_share,
    )


def _verify(
    request: Request, response: Response, caller: Principal, asked: ListAsked, subject: int | None
) -> Verified:
    """An answer about a person is stored by nobody on its way."""
    said = f"{asked.ground}{asked.dataset}{asked.claim}"
    if hidden_characters(said) or "\n" in said or "\t" in said:
        raise BadInput(
            "ground、dataset、claim 不得含有控制字符或看不见的字符，请删去后重试",
            "ground, dataset and claim must not hold control or invisible characters: remove them "
            "and ask again",
        )
    response.headers["Cache-Control"] = "private, no-store"
    question = ClaimAsked(asked.ground, asked.dataset, asked.claim, subject, asked.argument)
    return verify(services_of(request).gateway, caller, question)


def _about(done: Verified, asked: ListAsked, lang: Language) -> dict[str, Any]:
    # Any: members of a JSON object.
    synthetic = done.policy.synthetic
    return {
        "dataset": asked.dataset,
        "claim": asked.claim,
        "title": done.claim.title.to(lang),
        "argument": asked.argument,
        "ground": asked.ground,
        "audit_entry": done.audit_entry,
        "synthetic": synthetic,
        "synthetic_label": Text("合成数据", "Synthetic data").to(lang) if synthetic else None,
    }


def _cited(done: Verified, one: RecordedAnswer, base_url: str, lang: Language) -> str:
    cited = Citation(
        dataset=done.policy.dataset,
        snapshot_id=one.basis.snapshot_id,
        committed_at=one.basis.snapshot_at.isoformat(),
        rows=0,
        synthetic=done.policy.synthetic,
    )
    return cite(cited, done.policy.title, base_url, lang)
