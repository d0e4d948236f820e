"""Entries without data: what departments have and may not share, each with its legal ground.

They are stored entries, in step with the registry's list whenever a process opens the catalogue.
"""

import logging
from datetime import date, datetime, time, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xihu_catalog.datasets.compiled import ORDER_809, agent_facts, own_iri, place_facts
from xihu_catalog.datasets.facts import ContactFacts, EntryFacts, NamedIri, StateFacts
from xihu_catalog.datasets.stored import StoredEntryRow, put_entry, remove_entry
from xihu_catalog.registry.attestations import Attestation, attestation_faults, valid_attestations
from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.database import transaction
from xihu_platform.telemetry.logs import facts
from xihu_platform.words import Text

log = logging.getLogger("xihu.attestations")
SOURCE = "attestations"
"""What the table of stored entries has as their source."""
TRIES = 3
"""Two processes that start together write the same entry: one of them is refused."""


def sync_attestations(database: Engine, base_url: str, now: datetime) -> None:
    """Bring the entries in step with the list; the same again writes nothing. A line at fault makes
    no entry, and is logged; nor does one whose decision is dated later than today."""
    for line, words in attestation_faults():
        log.error("an attestation makes no entry", extra=facts(line=line, why=words.en))
    today = civil_date(now)
    lines = valid_attestations()
    for early in (one for one in lines if one.decided_on > today):
        why = f"its decision is dated {early.decided_on}, which is still to come"
        log.error("an attestation makes no entry", extra=facts(line=early.id, why=why))
    wanted = [attested(one, base_url) for one in lines if one.decided_on <= today]
    for left in reversed(range(TRIES)):
        try:
            with transaction(database) as session:
                _sync(session, wanted, now)
            return
        except IntegrityError:
            if not left:
                raise


def _sync(session: Session, wanted: list[EntryFacts], now: datetime) -> None:
    ids = {one.id for one in wanted}
    stored = session.scalars(select(StoredEntryRow.id).where(StoredEntryRow.source == SOURCE))
    for gone in sorted(set(stored) - ids):
        remove_entry(session, gone, now)
    for one in wanted:
        try:
            put_entry(session, SOURCE, one, now)
        except ValueError:
            log.error("an attestation makes no entry, another has its id", extra=facts(line=one.id))


def attested(one: Attestation, base_url: str) -> EntryFacts:
    """The facts of its entry. Whether the review is late is worked out when it is read."""
    base = base_url.rstrip("/")
    page = f"{base}/datasets/{one.entry}"
    agent = agent_facts(one.organisation, base)
    return EntryFacts(
        id=one.entry,
        iri=own_iri(base, "dataset", one.entry),
        page=page,
        title=one.title,
        description=one.description,
        publisher=agent,
        state=StateFacts("live", due_at=_end_of(one.review_by)),
        open_class="banned",
        conditions=Text(f"依据{one.basis.zh}，不予共享", f"Not shared: {one.basis.en}"),
        contact=ContactFacts(agent.name, page),
        place=place_facts(one.organisation),
        legislation=(ORDER_809, NamedIri(one.law, one.basis)),
        kind="attestation",
        issued=one.decided_on,
        modified=one.decided_on,
    )


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
