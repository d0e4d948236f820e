"""What a load quarantined, for its steward: every value leaves through the access gateway."""

from collections.abc import Iterator
from typing import Literal

import pyarrow as pa

from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality import quarantine
from xihu_catalog.quality.quarantine import RecordOrigin, Rejected
from xihu_catalog.standards.documents import canonical, kind_of
from xihu_platform.access.formats import check_sheet, text_book
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.outcome import Recorded, WhenInterrupted
from xihu_platform.access.quarantine import check_reader, record_page, release
from xihu_platform.identity.principal import Principal
from xihu_platform.vault.keys import Keyring

FileFormat = Literal["csv", "xlsx"]


def rejected_page(
    gateway: AccessGateway,
    keyring: Keyring,
    principal: Principal,
    contract: Contract,
    load_id: str,
    *,
    per_rule: int,
    limit: int,
    corrected: frozenset[int] = frozenset(),
) -> list[Rejected]:
    """The first records of each reason, of the load's first `limit` that are not `corrected`.

    Raises Refused, NotFound when nothing is there any more, AuditUnavailable.
    """
    check_reader(gateway, principal, contract.dataset, contract.provider)
    rows = quarantine.read(
        gateway.lake, keyring, contract.dataset, load_id, limit=limit, left_out=corrected
    )
    shown = _first_of_each(rows, per_rule)
    subjects = _subjects(keyring, contract, [r.values for r in shown])
    record_page(gateway, principal, contract.dataset, load_id, rows=len(shown), subjects=subjects)
    return shown


def rejected_file(
    gateway: AccessGateway,
    keyring: Keyring,
    principal: Principal,
    contract: Contract,
    origin: RecordOrigin,
    form: FileFormat,
) -> Recorded[bytes]:
    """Records as handed in, the reasons beside each, without those corrected since.

    Raises as `rejected_page` does, and TooLarge.
    """
    check_reader(gateway, principal, contract.dataset, contract.provider)
    blocks = quarantine.blocks_of(gateway.lake, keyring, contract.dataset, origin.load_id)
    blocks = quarantine.without(blocks, origin.corrected)
    if form == "xlsx":
        check_sheet(sum(block.num_rows for block in blocks))
    subjects = tuple(
        dict.fromkeys(s for block in blocks for s in _subjects_in(keyring, contract, block))
    )
    return release(
        gateway,
        principal,
        contract.dataset,
        origin.load_id,
        rows=sum(block.num_rows for block in blocks),
        subjects=subjects,
        chunks=lambda stops: _written(blocks, contract, origin, form, stops),
    )


def _written(
    blocks: list[pa.Table],
    contract: Contract,
    origin: RecordOrigin,
    form: FileFormat,
    stops: WhenInterrupted,
) -> Iterator[bytes]:
    if form == "csv":
        return quarantine.as_csv(blocks, contract, origin)
    return text_book(quarantine.as_tables(blocks, contract, origin), stops)


def _first_of_each(rows: list[Rejected], per_rule: int) -> list[Rejected]:
    """Each record once, as long as one of its reasons has fewer than `per_rule` before it."""
    counted: dict[str, int] = {}
    shown = []
    for row in rows:
        wanted = [rule for rule in row.rules if counted.get(rule, 0) < per_rule]
        if wanted:
            shown.append(row)
            counted.update({rule: counted.get(rule, 0) + 1 for rule in row.rules})
    return shown


def _person_columns(contract: Contract) -> tuple[str, ...]:
    """The columns of the file that hold a person's document number."""
    return tuple(f.source_column for f in contract.fields if f.protect == "pseudonym")


def _subjects(
    keyring: Keyring, contract: Contract, records: list[dict[str, str | None]]
) -> tuple[str, ...]:
    numbers = [r.get(column) for r in records for column in _person_columns(contract)]
    return _pseudonyms(keyring, numbers)


def _subjects_in(keyring: Keyring, contract: Contract, block: pa.Table) -> tuple[str, ...]:
    columns = [c for c in _person_columns(contract) if c in block.column_names]
    numbers = [number for column in columns for number in block[column].unique().to_pylist()]
    return _pseudonyms(keyring, numbers)


def _pseudonyms(keyring: Keyring, numbers: list[str | None]) -> tuple[str, ...]:
    """First pseudonyms: of a number that is wrong it is nobody's, and does no harm."""
    plain = [canonical(number) for number in numbers if number and number.strip()]
    return tuple(dict.fromkeys(keyring.pseudonym(kind_of(p), p) for p in plain))
