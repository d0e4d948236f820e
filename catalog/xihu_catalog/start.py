"""Opens the catalogue of an installation: tables, contracts in step with the registry, entries."""

from xihu_catalog.contracts.folders import contract_folders
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.registry.calendar import seed_calendar
from xihu_catalog.schema import upgrade
from xihu_catalog.sharing.backflow import sync_backflow
from xihu_platform.start import Node


def open_contracts(node: Node) -> ContractStore:
    """The contract store; the registry's calendar is published too where it is not yet,
    and the grants of its backflow list are in step with it.

    Raises Conflict where the registry's folder is missing.
    """
    upgrade(node.database)
    registry, published = contract_folders(node.settings)
    store = ContractStore(node.database, node.clock)
    store.take_over(published)
    store.sync_registry(registry)
    seed_calendar(node.database, node.clock)
    sync_backflow(node.database)
    return store


def open_catalogue(node: Node) -> Catalogue:
    """The entries. Raises Conflict where the registry's folder is missing."""
    return Catalogue(open_contracts(node), node.lake, node.clock)
