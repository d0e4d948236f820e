"""What a derived dataset reads: the tables of its query, and their columns."""

from collections.abc import Iterable
from pathlib import Path

from xihu_catalog.contracts.model import Contract
from xihu_pipelines.runner.contract_headers import find_header


def query_of(contract: Contract) -> str | None:
    """The query a derived contract is made by; None for one whose data is handed in."""
    return contract.source.query


def inputs_of(contract: Contract) -> tuple[str, ...]:
    """The datasets a contract's query reads, sorted; none for one whose data is handed in."""
    from xihu_catalog.lineage.columns import tables_of

    query = query_of(contract)
    return tables_of(query) if query else ()


def input_columns(query: str, folders: Iterable[Path]) -> dict[str, tuple[str, ...]]:
    """The columns of the datasets that a query reads, as their contracts say."""
    from xihu_catalog.contracts.load import load_contract
    from xihu_catalog.lineage.columns import tables_of

    known = tuple(folders)
    headers = ((name, find_header(known, name)) for name in tables_of(query))
    return {
        name: tuple(field.name for field in load_contract(header.file).fields)
        for name, header in headers
        if header is not None
    }
