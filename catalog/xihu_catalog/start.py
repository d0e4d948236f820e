"""Opens the catalogue of an installation: tables, contracts in step with the registry, entries."""

from sqlalchemy import Engine, select

from xihu_catalog.contracts.folders import contract_folders
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.registry.calendar import seed_calendar
from xihu_catalog.registry.entries import is_taken_over
from xihu_catalog.schema import upgrade
from xihu_catalog.sharing.attestations import sync_attestations
from xihu_catalog.sharing.backflow import sync_backflow
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.start import Node


def open_contracts(node: Node) -> ContractStore:
    """The contract store; the registry's calendar is published too where it is not yet, and the
    grants of its backflow list and its attestations are in step with it. What an installation had
    before it wrote down contracts is taken over as published.

    Raises Conflict where the registry's folder is missing.
    """
    upgrade(node.database)
    registry, published = contract_folders(node.settings)
    store = ContractStore(node.database, node.clock)
    older = not store.number and _has_log(node.database)
    store.take_over(published)
    store.sync_registry(registry, (lambda _dataset: True) if older else is_taken_over)
    seed_calendar(node.database, node.clock)
    sync_backflow(node.database, store.find)
    sync_attestations(node.database, node.settings.base_url, node.clock())
    return store


def _has_log(database: Engine) -> bool:
    with transaction(database) as session:
        return session.scalar(select(AuditEntry.seq).limit(1)) is not None


def open_catalogue(node: Node) -> Catalogue:
    """The entries. Raises Conflict where the registry's folder is missing."""
    return Catalogue(open_contracts(node), node.lake, node.clock)
