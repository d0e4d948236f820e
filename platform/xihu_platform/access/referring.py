"""References to the rows of a page: by one, its reader can say later which record they mean."""

from xihu_platform.access.answers import Page
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.row_keys import RowRef, keys_of
from xihu_platform.identity.principal import Principal


def refer(
    gateway: AccessGateway, principal: Principal, dataset: str, page: Page
) -> tuple[str | None, ...]:
    """One for each row of a page that this reader was shown; None where the dataset has no key."""
    policy = gateway.policy(dataset)
    snapshot = gateway.snapshot(policy, page.citation.snapshot_id)
    keys = keys_of(gateway.engine, snapshot, policy, page.records)
    return tuple(
        gateway.refs.seal(principal.id, dataset, RowRef(snapshot.id, keys[number]))
        if None not in keys.get(number, (None,))
        else None
        for number in page.records
    )
