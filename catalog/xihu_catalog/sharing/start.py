"""Opens the matters of an installation: the registry's kinds come into force with it; and lets
time act in them, for a program that serves nothing meanwhile."""

from collections.abc import Iterable
from functools import partial

from sqlalchemy.orm import Session

from xihu_catalog.contracts.model import policy_of
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.exchange import acts as exchange
from xihu_catalog.registry.matters import (
    check_definitions,
    matter_documents,
    parse_definition,
)
from xihu_catalog.services import hotline, licences, mandate_giving, ratings
from xihu_catalog.services.case import position_reads
from xihu_catalog.services.items import service_items
from xihu_catalog.services.mandate import covers_kind
from xihu_catalog.services.start import (
    all_duties,
    register_items,
    service_acts,
    service_documents,
)
from xihu_catalog.services.telling import tell_of_case
from xihu_catalog.sharing import acts, corrections, entries, grounds, needs, openness
from xihu_catalog.sharing.records import LakeRecords
from xihu_catalog.voices import acts as voices
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Policy
from xihu_platform.access.row_keys import RowRefs
from xihu_platform.audit.heads import HeadFile, Signer
from xihu_platform.audit.log import AuditLog
from xihu_platform.clock import civil_date
from xihu_platform.identity.principal import Position
from xihu_platform.matters.book import DefinitionBook, publish_definitions
from xihu_platform.matters.kernel import Matters
from xihu_platform.matters.outbox import Delivered, deliver
from xihu_platform.matters.recording import LOG, log_receiver
from xihu_platform.matters.substitutes import stood_in
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.matters.ticking import Ticked, tick
from xihu_platform.notices.unread import forget_read
from xihu_platform.start import Node

GUARDS = (
    *(*acts.GUARDS, *corrections.GUARDS, *entries.GUARDS),
    *(*grounds.GUARDS, *needs.GUARDS, *openness.GUARDS),
    *(*hotline.GUARDS, *licences.GUARDS, *ratings.GUARDS, *mandate_giving.GUARDS),
    *exchange.GUARDS,
    *voices.GUARDS,
)
EFFECTS = (
    *(*acts.EFFECTS, *corrections.EFFECTS, *entries.EFFECTS),
    *(*grounds.EFFECTS, *licences.EFFECTS, *ratings.EFFECTS, *mandate_giving.EFFECTS),
    *exchange.EFFECTS,
    *voices.EFFECTS,
)
CONDITIONS = (
    *(*acts.CONDITIONS, *corrections.CONDITIONS),
    *(*grounds.CONDITIONS, *licences.CONDITIONS, *mandate_giving.CONDITIONS),
)
"""What a kind of the registry may name."""


def open_matters(
    node: Node, contracts: ContractStore, gateway: AccessGateway | None = None
) -> Matters:
    """`gateway` is needed where people act.

    Raises BadRegistry for a kind that cannot be used, and Conflict for one that was changed under
    a version in force.
    """
    check_definitions(GUARDS, EFFECTS, CONDITIONS)
    documents = matter_documents() | service_documents()
    publish_definitions(node.database, documents, parse_definition, node.clock)
    register_items(node.database)
    return matters_in_force(node, contracts, gateway)


def matters_in_force(
    node: Node, contracts: ContractStore, gateway: AccessGateway | None = None
) -> Matters:
    """The same once more in a process that has opened them: of a node with another clock."""

    def find_policy(dataset: str) -> Policy:
        return policy_of(contracts.get(dataset))

    def newest(dataset: str) -> int | None:
        found = node.lake.find_snapshot(f"data.{dataset}")
        return found.id if found is not None else None

    def substitutes(session: Session, position: Position) -> Iterable[Position]:
        return stood_in(session, position, civil_date(node.clock()))

    lake = LakeRecords(gateway) if gateway is not None else None
    ring = node.keyring
    records = corrections.RecordActs(
        find_policy, RowRefs(ring), ring.promote, ring.derive("correction-review"), lake
    )
    texts = MatterTexts(node.keyring)
    return Matters(
        node.database,
        node.clock,
        DefinitionBook(parse_definition),
        all_duties,
        acts.sharing_acts(find_policy)
        | exchange.exchange_acts(find_policy)
        | grounds.ground_acts(node.keyring.pseudonym)
        | records.functions()
        | needs.NeedActs(find_policy, texts).functions()
        | openness.openness_acts(find_policy)
        | entries.entry_acts(contracts, newest)
        | service_acts(texts)
        | licences.LicenceActs(texts).functions()
        | ratings.RatingActs(texts).functions()
        | mandate_giving.MandateActs(texts).functions()
        | hotline.hotline_acts()
        | voices.VoiceActs(texts).functions(),
        texts,
        substitutes,
        tell_of_case,
        position_reads,
        partial(covers_kind, service_items()),
    )


def let_time_act(node: Node, matters: Matters) -> tuple[Ticked, Delivered]:
    """One tick, its entries in the log, and old notices forgotten; the same again does nothing."""
    done = tick(matters, node.clock())
    heads = HeadFile(node.settings.heads_folder)
    log = AuditLog(node.database, heads, Signer(node.keyring), node.clock)
    try:
        sent = deliver(matters, {LOG: log_receiver(matters, log)})
    finally:
        log.close()
    forget_read(node.database, node.clock())
    return done, sent
