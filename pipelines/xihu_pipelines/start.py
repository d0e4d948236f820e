"""How a process of ours begins: with its registry, in development with the registry's people."""

from pathlib import Path

from sqlalchemy import select

from xihu_catalog.registry.folder import use_registry
from xihu_catalog.start import open_contracts
from xihu_pipelines.demo.folder import REGISTRY
from xihu_platform.database import transaction
from xihu_platform.identity.models import PersonRow
from xihu_platform.settings import Settings
from xihu_platform.start import Node


def open_registry(settings: Settings) -> Path:
    """The setting's folder, else the demo's. Raises BadInput where the folder is missing."""
    return use_registry(settings.registry_dir or REGISTRY)


def settle_people(node: Node) -> None:
    """Take in the registry's people, grants and grounds, where nobody is known yet.

    For development alone, where the embedded issuer signs them in: elsewhere an identity provider
    knows who there is.
    """
    settings = node.settings
    if settings.profile == "production" or settings.identity.issuer is not None:
        return
    open_contracts(node)
    with transaction(node.database) as session:
        somebody = session.scalar(select(PersonRow.person).limit(1))
    if somebody is None:
        from xihu_pipelines.demo.province import settle_registry

        settle_registry(node)
