"""All that people say of a dataset and have built with it, page by page."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.voices.acts import DATA_COMMENT, DATA_REUSE, VOICES
from xihu_catalog.voices.shown import PAGE
from xihu_platform.words import Text
from xihu_portals.api.voices import KINDS, LAST_PAGE, VoiceKind
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.pages.voices import ShownVoice, page_of, voices_address, ways_to_begin
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, Pager
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class VoicesPage:
    """What do others say of it, and what have they built?"""

    frame: PageFrame
    title: Text
    back: str
    kinds: tuple[Link, ...]
    voices: tuple[ShownVoice, ...]
    pager: Pager
    begin_comment: str | None
    begin_reuse: str | None


def fill(visitor: Visitor, dataset: str, kind: VoiceKind | None, page: int) -> VoicesPage:
    """Raises NotFound for an entry that the visitor may not know of."""
    facts = visitor.services.entries.get(dataset)
    kinds, offset = VOICES if kind is None else (KINDS[kind],), (page - 1) * PAGE
    shown, counts = page_of(visitor, dataset, kinds, offset, PAGE)
    total = sum(counts[one] for one in kinds)
    begin = ways_to_begin(visitor, dataset)
    return VoicesPage(
        frame=visitor.frame,
        title=facts.title,
        back=f"/datasets/{dataset}",
        kinds=_kinds(dataset, kind, counts),
        voices=shown,
        pager=Pager(
            shown=len(shown),
            total=total,
            previous_href=_page(dataset, kind, page - 1) if page > 1 else None,
            next_href=_page(dataset, kind, page + 1) if offset + PAGE < total else None,
            first=offset + 1 if shown else None,
        ),
        begin_comment=begin.get(DATA_COMMENT),
        begin_reuse=begin.get(DATA_REUSE),
    )


def _page(dataset: str, kind: VoiceKind | None, page: int) -> str | None:
    if page > LAST_PAGE:
        return None
    if kind is None:
        return voices_address(dataset, page=page)
    return voices_address(dataset, kind=kind, page=page)


def _kinds(dataset: str, kind: VoiceKind | None, counts: dict[str, int]) -> tuple[Link, ...]:
    comments, reuses = counts[DATA_COMMENT], counts[DATA_REUSE]
    every = comments + reuses
    return (
        Link(Text(f"全部（{every}）", f"All ({every})"), voices_address(dataset), kind is None),
        Link(
            Text(f"再利用案例（{reuses}）", f"What people built ({reuses})"),
            voices_address(dataset, kind="reuse"),
            kind == "reuse",
        ),
        Link(
            Text(f"评论（{comments}）", f"Comments ({comments})"),
            voices_address(dataset, kind="comment"),
            kind == "comment",
        ),
    )


@router.get("/datasets/{dataset}/voices")
def page(
    request: Request,
    visitor: CitizenVisitor,
    dataset: str,
    kind: VoiceKind | None = None,
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
) -> HTMLResponse:
    return render(request, "citizen/voices.html", fill(visitor, dataset, kind, page))
