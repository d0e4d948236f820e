"""Entries of the catalogue for tests that are about something else."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, update

from xihu_catalog.contracts.entries import DRAFT, PUBLISHED, CatalogueEntryRow
from xihu_catalog.contracts.store import ContractStore
from xihu_platform.database import open_database, transaction
from xihu_platform.settings import Settings


def publish_entry(database: Engine, dataset: str) -> None:
    """As if its matter had been gone through."""
    with transaction(database) as session:
        row = CatalogueEntryRow
        session.execute(update(row).where(row.dataset == dataset).values(state=PUBLISHED))


def take_over_all(database: Engine) -> None:
    """As if all that is there had been published in the catalogue before this one."""
    with transaction(database) as session:
        session.execute(update(CatalogueEntryRow).values(state=PUBLISHED, taken_over=True))


@contextmanager
def unpublished_meanwhile(database: Engine, dataset: str) -> Iterator[None]:
    """As if it were a draft, inside the block."""
    for state in (DRAFT, PUBLISHED):
        with transaction(database) as session:
            row = CatalogueEntryRow
            session.execute(update(row).where(row.dataset == dataset).values(state=state))
        if state == DRAFT:
            yield


def accept_change(database: Engine, dataset: str) -> None:
    """As if the authority had accepted the contract that was proposed."""
    with transaction(database) as session:
        ContractStore(database).accept(session, dataset)


if __name__ == "__main__":
    publish_entry(open_database(Settings().database_url), sys.argv[1])
