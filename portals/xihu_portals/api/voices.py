"""What people say of a dataset and have built with it, over HTTP: what its department shows."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from xihu_catalog.voices.acts import DATA_COMMENT, DATA_REUSE, VOICES
from xihu_catalog.voices.shown import PAGE, Voice, count_voices, list_voices
from xihu_platform.database import transaction
from xihu_portals.api.auth import Caller, services_of
from xihu_portals.api.errors import OF_CALLERS
from xihu_portals.api.schemas.voices import VoiceAnswer, VoicesAnswer

VoiceKind = Literal["comment", "reuse"]
KINDS: dict[VoiceKind, str] = {"comment": DATA_COMMENT, "reuse": DATA_REUSE}
LAST_PAGE = 500
router = APIRouter(prefix="/api/v1/datasets", tags=["datasets"], responses=OF_CALLERS)


@router.get("/{dataset}/voices")
def list_dataset_voices(
    request: Request,
    caller: Caller,
    dataset: str,
    kind: Annotated[VoiceKind | None, Query(description="Only comments, or only reuses")] = None,
    page: Annotated[int, Query(ge=1, le=LAST_PAGE, description="Page of the list")] = 1,
) -> VoicesAnswer:
    """Comments on a dataset and reuses of it, as far as its department shows them: twenty on a
    page, the newest first. The authors' identities are not in the answer."""
    services = services_of(request)
    services.entries.get(dataset)  # of an entry that the caller may not know of there are none
    kinds = VOICES if kind is None else (KINDS[kind],)
    with transaction(services.node.database) as session:
        counts = count_voices(session, dataset)
        texts, offset = services.matters.texts, (page - 1) * PAGE
        found = list_voices(session, texts, dataset, kinds, offset=offset)
    return VoicesAnswer(
        dataset=dataset,
        comments=counts[DATA_COMMENT],
        reuses=counts[DATA_REUSE],
        page=page,
        voices=[_answer(one) for one in found],
    )


def _answer(voice: Voice) -> VoiceAnswer:
    return VoiceAnswer(
        id=voice.id,
        kind="comment" if voice.kind == DATA_COMMENT else "reuse",
        written_on=voice.written_on,
        name=voice.name,
        by_firm=voice.by_firm,
        title=voice.title,
        text=voice.text,
        address=voice.address,
    )
