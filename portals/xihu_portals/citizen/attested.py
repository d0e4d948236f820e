"""The page of an entry without data: what a department has and shares with no other, and why."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fastapi import Request
from fastapi.responses import HTMLResponse

from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.formats.clean import find_iri, script_json
from xihu_catalog.formats.schema_org import schema_org_document
from xihu_catalog.search.documents import publisher_key
from xihu_platform.clock import civil_date
from xihu_platform.words import Text
from xihu_portals.pages.harvest_words import either
from xihu_portals.pages.listing import publisher_href
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, Words
from xihu_portals.web.render import render


@dataclass(frozen=True, slots=True)
class Attested:
    """What is it, who has it, and why is it not shared?"""

    frame: PageFrame
    id: str
    title: Words
    description: Words
    publisher: Words
    publisher_href: str
    laws: tuple[Link, ...]
    decided_on: date | datetime | None
    review_by: date | None
    is_late: bool
    documents: tuple[Link, ...]
    structured: str


def fill(visitor: Visitor, entry: str) -> Attested:
    """Raises NotFound."""
    facts = visitor.services.entries.get(entry)
    page = f"/datasets/{facts.id}"
    return Attested(
        frame=visitor.frame,
        id=facts.id,
        title=either(facts.title, facts.id),
        description=either(facts.description, ""),
        publisher=either(facts.publisher.name, "—"),
        publisher_href=publisher_href(publisher_key(facts)),
        laws=_laws(facts),
        decided_on=facts.issued,
        review_by=_review_by(facts),
        is_late=facts.state.state == "late",
        documents=(
            Link(Text("DCAT-AP（Turtle）", "DCAT-AP (Turtle)"), f"{page}/entry.ttl"),
            Link(Text("DCAT-AP（JSON-LD）", "DCAT-AP (JSON-LD)"), f"{page}/entry.jsonld"),
        ),
        structured=script_json(schema_org_document(facts)),
    )


def _laws(facts: EntryFacts) -> tuple[Link, ...]:
    """What forbids it first; the law that every entry is under after it."""
    known = ((one.title, find_iri(one.iri)) for one in reversed(facts.legislation))
    return tuple(Link(title, href) for title, href in known if href is not None)


def _review_by(facts: EntryFacts) -> date | None:
    """The last day before the moment from which the review is late."""
    due = facts.state.due_at
    return civil_date(due) - timedelta(days=1) if due is not None else None


def attested_page(request: Request, visitor: Visitor, entry: str) -> HTMLResponse:
    return render(request, "citizen/attested.html", fill(visitor, entry))
