"""The publishing department itself as the caller of the access gateway, in no person's name."""

from xihu_catalog.contracts.model import Contract
from xihu_catalog.registry.codes import province
from xihu_catalog.registry.people import organisation_name, organisations
from xihu_platform.identity.principal import Position, Principal
from xihu_platform.words import Text


def publisher_of(contract: Contract, task: str, title: Text) -> Principal:
    """`task` names in the log what is done for the contract: `derive:<dataset>`."""
    name = organisation_name(contract.provider)
    known = organisations().get(contract.provider)
    position = Position(
        id=task,
        title_zh=title.zh,
        title_en=title.en,
        organisation=contract.provider,
        organisation_zh=name.zh,
        organisation_en=name.en,
        region=known.region if known else province().code,
    )
    return Principal(kind="system", id=task, position=position)
