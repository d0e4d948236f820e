"""A need that no entry of the catalogue meets, on pages: the way to say it, similar ones that are
open, and the way from an entry that meets it to the request for it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from xihu_catalog.sharing.entries import CATALOGUE_ENTRY
from xihu_catalog.sharing.needs import CATALOGUERS, DATA_NEED, similar_needs
from xihu_platform.access.decision import HANDLING
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.matters.command import Value
from xihu_platform.matters.views import MatterView
from xihu_platform.words import Text
from xihu_portals.pages import matter_view
from xihu_portals.pages.matter_acts import OFFICIAL
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import Link

SHOWN = 5
"""Similar needs on a page."""


@dataclass(frozen=True, slots=True)
class SimilarNeed:
    """An open need of the visitor's own department: its number, what is needed, how far it is."""

    link: Link
    what: str
    state: Text
    owner: Text


def similar_shown(visitor: Visitor, kind: str, words: str) -> tuple[SimilarNeed, ...]:
    """The department's open needs that share a word with what was searched for."""
    position, matters = visitor.principal.position, visitor.services.matters
    if kind != DATA_NEED or position is None:
        return ()
    with transaction(matters.database) as session:
        found = similar_needs(session, matters.texts, position.organisation, words)[:SHOWN]
        views = [(one.what, matters.view(session, one.matter)) for one in found]
    return tuple(
        SimilarNeed(
            Link(view.number, f"{OFFICIAL}/{view.id}"),
            what,
            matter_view.state_words(view.definition, view.state),
            matter_view.parties_named(matter_view.owners(view)),
        )
        for what, view in views
    )


def searched(kind: str, words: str) -> dict[str, Value | None]:
    """What the form of a need begins with: the words that found nothing."""
    return {"what": words, "searched": words} if kind == DATA_NEED and words else {}


def way_to_say(words: str) -> str:
    """The form of a need, with the words that were searched for."""
    return f"{OFFICIAL}/new/{DATA_NEED}?{urlencode({'q': words})}"


def way_to_request(visitor: Visitor, view: MatterView) -> str | None:
    """From a need that an entry meets to the request for it, for the side that has the need."""
    position = visitor.principal.position
    if view.definition.kind != DATA_NEED or view.state != "met" or position is None:
        return None
    contract = visitor.services.catalogue.contracts.find(str(view.facts["met_by"]))
    mine = position.organisation in view.keys("requester") and position.duties & HANDLING
    if contract is None or not mine or contract.share_class == "refused":
        return None
    if contract.provider == position.organisation:
        return f"/official/datasets/{contract.dataset}"
    return f"/official/datasets/{contract.dataset}/request?need={view.id}"


def way_to_catalogue(visitor: Visitor, view: MatterView) -> str | None:
    """Where whoever catalogues for a need draws the entry up, while it waits for that."""
    position = visitor.principal.position
    if view.definition.kind != DATA_NEED or view.state != "cataloguing" or position is None:
        return None
    mine = position.organisation in view.keys("provider") and position.duties & CATALOGUERS
    return f"{OFFICIAL}/new/{CATALOGUE_ENTRY}" if mine else None


def said_in_need(visitor: Visitor, need: int) -> dict[str, Value | None]:
    """What a need says that a request for the data has to say as well. Raises NotFound for a
    matter that is no need, or in which the visitor has no part."""
    matters = visitor.services.matters
    view = matters.read(visitor.principal, need)
    if view.definition.kind != DATA_NEED:
        raise NotFound(f"{view.number} 不是数据需求", f"{view.number} is no need for data")
    texts = matter_view.newest_texts(matters.read_texts(visitor.principal, need))
    return {"basis": texts.get("purpose"), "scene": texts.get("what")}
