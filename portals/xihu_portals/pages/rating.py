"""好差评 on the page of a matter: the form for whoever asked, once it is closed; afterwards, what
was said, for everybody who takes part in it."""

from dataclasses import dataclass
from datetime import datetime

from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from xihu_catalog.services.ratings import LEVELS, find_rating, may_rate, rate
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict
from xihu_platform.matters.command import TEXT_LIMIT
from xihu_platform.matters.views import MatterView
from xihu_platform.words import Text
from xihu_portals.pages.matter_acts import check_form, matters_path
from xihu_portals.pages.matter_form import FormOption, acting_as, new_key
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import Link


@dataclass(frozen=True, slots=True)
class SentRating:
    """A rating that was not taken: what was chosen and typed, and what was wrong."""

    level: str
    comment: str
    key: str
    wrong: Text


@dataclass(frozen=True, slots=True)
class RatingForm:
    """How was it? Five words, never a number."""

    action: str
    position: str
    """As whom the page was opened."""
    key: str
    levels: tuple[FormOption, ...]
    comment: str
    limit: int
    """Characters."""
    wrong: Text | None = None


@dataclass(frozen=True, slots=True)
class ShownRating:
    """What was said of a matter."""

    words: Text
    comment: str | None
    at: datetime
    counted: bool
    follow_up: Link | None
    """The matter of a bad rating."""


@dataclass(frozen=True, slots=True)
class RatingPart:
    """One of the two; neither where a matter is not rated."""

    form: RatingForm | None = None
    shown: ShownRating | None = None


def rating_part(visitor: Visitor, view: MatterView, sent: SentRating | None = None) -> RatingPart:
    """`view`: a matter that the visitor may read."""
    matters, path = visitor.services.matters, matters_path(visitor)
    with transaction(visitor.services.node.database) as session:
        found = find_rating(session, matters.texts, view.id)
        asked = found is None and may_rate(session, matters, visitor.principal, view)
    if found is not None:
        number = found.followed_by
        link = Link(Text("差评整改", "How it is put right"), f"{path}/{number}") if number else None
        return RatingPart(
            shown=ShownRating(found.words, found.comment, found.at, found.counted, link)
        )
    return RatingPart(form=_form(visitor, f"{path}/{view.id}/rating", sent) if asked else None)


def _form(visitor: Visitor, action: str, sent: SentRating | None) -> RatingForm:
    chosen = sent.level if sent else ""
    return RatingForm(
        action=action,
        position=acting_as(visitor.principal),
        key=sent.key if sent and sent.key else new_key(),
        levels=tuple(
            FormOption(str(level), words, chosen=str(level) == chosen)
            for level, words in LEVELS.items()
        ),
        comment=sent.comment if sent else "",
        limit=TEXT_LIMIT,
        wrong=sent.wrong if sent else None,
    )


def hand_in_rating(visitor: Visitor, matter: int, form: FormData) -> Response | SentRating:
    """Rate it, and back to its page; the same form again, or another one, answers as the first.

    Raises NotFound for one who has no part in it; what cannot be taken comes back with its words.
    """
    matters = visitor.services.matters
    matters.read(visitor.principal, matter)
    check_form(visitor, form)
    level, comment = str(form.get("level") or ""), str(form.get("comment") or "")
    key = str(form.get("key") or "")
    try:
        known = int(level) if level in {"1", "2", "3", "4", "5"} else 0
        rate(matters, visitor.principal, matter, known, comment, key)
    except (BadInput, Conflict) as wrong:
        return SentRating(level, comment, key, wrong.text)
    visitor.services.write_down()
    return RedirectResponse(f"{matters_path(visitor)}/{matter}#rating", status_code=303)
