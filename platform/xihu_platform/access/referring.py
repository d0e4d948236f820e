"""References to the rows of a page: by one, its reader can say later which record they mean."""

from xihu_platform.access.answers import Page
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import PurposeCode
from xihu_platform.access.row_keys import REF_LIMIT, RowRef, keys_of, reader_of
from xihu_platform.identity.principal import Principal


def refer(
    gateway: AccessGateway, principal: Principal, dataset: str, page: Page, purpose: PurposeCode
) -> tuple[str | None, ...]:
    """One for each row of a page that this reader was shown; None where the dataset has no key,
    or one that is too long."""
    policy, reader = gateway.policy(dataset), reader_of(principal, purpose)
    snapshot = gateway.snapshot(policy, page.citation.snapshot_id)
    keys = keys_of(gateway.engine, snapshot, policy, page.records)
    shown = frozenset(page.table.column_names)
    clear = frozenset(f.name for f in page.decision.visible if f.treatment == "clear") & shown

    def reference(number: int) -> str | None:
        key = keys.get(number, (None,))
        if None in key:
            return None
        text = gateway.refs.seal(reader, policy, RowRef(snapshot.id, keys[number], shown, clear))
        return text if len(text) <= REF_LIMIT else None

    return tuple(reference(number) for number in page.records)
