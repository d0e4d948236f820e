"""The page of an entry that was harvested: what its source says of it, and where its data is."""

from dataclasses import dataclass
from datetime import date, datetime

from fastapi import Request
from fastapi.responses import HTMLResponse

from xihu_catalog.datasets.facts import (
    NOTHING,
    CoverageFacts,
    DistributionFacts,
    EntryFacts,
    OriginFacts,
)
from xihu_catalog.formats.authority import find_term
from xihu_catalog.formats.clean import find_email, find_iri, script_json
from xihu_catalog.formats.schema_org import schema_org_document
from xihu_catalog.harvest.sources import harvest_sources
from xihu_catalog.registry.codes import code_list
from xihu_catalog.search.documents import publisher_key
from xihu_platform.words import Text
from xihu_portals.pages import describe
from xihu_portals.pages.conformance import ShownChecks, shown_checks
from xihu_portals.pages.dimensions import ShownMetadata, metadata_of
from xihu_portals.pages.harvest_words import either, source_title
from xihu_portals.pages.listing import TOPICS_PATH, publisher_href
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, Words
from xihu_portals.web.render import render


@dataclass(frozen=True, slots=True)
class HarvestedFile:
    """A distribution at its source. `href` None where its address is no Web address."""

    title: Words
    form: str
    href: str | None
    licence: Words | None = None
    modified: date | datetime | None = None


@dataclass(frozen=True, slots=True)
class HarvestedFact:
    name: Text
    value: Words | date | datetime | str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Harvested:
    """What is it, who has it, how do I get it?"""

    frame: PageFrame
    id: str
    title: Words
    description: Words
    publisher: Words
    publisher_href: str
    source: Words
    source_href: str | None
    harvested_at: datetime | None
    files: tuple[HarvestedFile, ...]
    facts: tuple[HarvestedFact, ...]
    keywords: tuple[str, ...]
    documents: tuple[Link, ...]
    structured: str
    metadata: ShownMetadata | None = None
    checks: ShownChecks | None = None


def fill(visitor: Visitor, entry: str) -> Harvested:
    """Raises NotFound."""
    facts = visitor.services.entries.get(entry)
    origin = facts.origin
    page = f"/datasets/{facts.id}"
    return Harvested(
        frame=visitor.frame,
        id=facts.id,
        title=either(facts.title, facts.id),
        description=either(facts.description, ""),
        publisher=either(facts.publisher.name, "—"),
        publisher_href=publisher_href(publisher_key(facts)),
        source=source_title(origin.source) if origin else NOTHING,
        source_href=source_address(origin) if origin else None,
        harvested_at=origin.harvested_at if origin else None,
        files=tuple(
            HarvestedFile(
                title=_file_title(one),
                form=one.form.upper(),
                href=find_iri(one.download_url or one.access_url),
                licence=licence_name(one.licence or facts.licence),
                modified=one.modified,
            )
            for one in facts.distributions
        ),
        facts=tuple(_facts(facts)),
        keywords=facts.keywords,
        documents=(
            Link(Text("DCAT-AP（Turtle）", "DCAT-AP (Turtle)"), f"{page}/entry.ttl"),
            Link(Text("DCAT-AP（JSON-LD）", "DCAT-AP (JSON-LD)"), f"{page}/entry.jsonld"),
            Link(Text("DCAT-US", "DCAT-US"), f"{page}/dcat-us.json"),
            Link(Text("Croissant", "Croissant"), f"{page}/croissant.json"),
            Link(Text("数据契约（ODCS）", "Data contract (ODCS)"), f"{page}/odcs.yaml"),
        ),
        structured=script_json(schema_org_document(facts)),
        metadata=metadata_of(facts),
        checks=shown_checks(visitor.services, facts.id),
    )


def source_address(origin: OriginFacts) -> str | None:
    """The entry's page at its source, else the source itself."""
    known = harvest_sources().get(origin.source)
    return find_iri(origin.page or "") or (known.url if known else None)


def _file_title(one: DistributionFacts) -> Text:
    """A title that only repeats the format says nothing."""
    form = one.form.upper()
    plain = Text(f"下载 {form}", f"Download {form}") if form else Text("打开", "Open")
    said = one.title.zh or one.title.en
    return plain if said.casefold() in {"", one.form.casefold()} else either(one.title, form)


def licence_name(licence: str | None) -> Text | None:
    """A known licence by its name, another as its source writes it."""
    if not licence:
        return None
    term = find_term("licence", licence)
    return term.label if term else Text(licence, licence)


def _facts(facts: EntryFacts) -> list[HarvestedFact]:
    """What the source says; what it does not say is left out, but for licence and opening."""
    unsaid = Text("来源未说明", "not stated by its source")
    opened = describe.label("open_class", facts.open_class) if facts.open_class else unsaid
    found = [HarvestedFact(Text("开放类型", "Opening"), opened)]
    licence = licence_name(facts.licence)
    if licence or not any(one.licence for one in facts.distributions):
        found.append(HarvestedFact(Text("许可", "Licence"), licence or unsaid))
    if facts.topic is not None:
        code = facts.topic[1]
        there = f"{TOPICS_PATH}/{code}" if code in code_list("topics") else None
        found.append(HarvestedFact(Text("主题", "Topic"), either(facts.topic[0].title, ""), there))
    if facts.update_cycle is not None:
        cycle = describe.label("update_cycle", facts.update_cycle)
        found.append(HarvestedFact(Text("更新周期", "Update cycle"), cycle))
    if facts.place is not None:
        found.append(
            HarvestedFact(Text("地区", "Place"), either(facts.place.name, facts.place.code))
        )
    if facts.coverage is not None and (period := _period(facts.coverage)):
        found.append(HarvestedFact(Text("数据所涉时间", "Period of the data"), period))
    for name, moment in (
        (Text("来源发布", "Issued by its source"), facts.issued),
        (Text("来源更新", "Changed by its source"), facts.modified),
    ):
        if moment is not None:
            found.append(HarvestedFact(name, moment))
    contact = facts.contact
    if contact is not None and (contact.name.zh or contact.name.en):
        email = find_email(contact.email or "")
        address = f"mailto:{email}" if email else find_iri(contact.url or "")
        found.append(HarvestedFact(Text("联系", "Contact"), either(contact.name, ""), address))
    if facts.origin is not None:
        found.append(HarvestedFact(Text("来源的编号", "Its id there"), facts.origin.record))
    return found


def _period(coverage: CoverageFacts) -> Text | None:
    ends = [one.isoformat()[:10] if one else "" for one in (coverage.start, coverage.end)]
    if not any(ends):
        return None
    return Text("至".join(ends), " to ".join(ends).strip())


def harvested_page(request: Request, visitor: Visitor, entry: str) -> HTMLResponse:
    return render(request, "citizen/harvested.html", fill(visitor, entry))
