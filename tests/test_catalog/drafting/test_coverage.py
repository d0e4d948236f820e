"""Which contract covers a table of a scanned database: by its name, or alike and of its own
department."""

from tests.contracts import OURS, contract, field
from xihu_catalog.drafting.coverage import Coverage, TableNames

OTHER = "11330000002482015R"
CONTRACT = contract("stops", [field(one) for one in ("code", "name", "status")])


def names(*labels: str, table: str = "t") -> TableNames:
    return TableNames("hr", None, table, len(labels), frozenset(labels))


def test_a_table_alike_is_one_of_its_own_department() -> None:
    coverage = Coverage([CONTRACT])
    same = names("code", "name", "status", "salary", "since")
    assert coverage.find(same, OURS) == "stops"
    assert coverage.find(same, OTHER) is None
    assert coverage.find(names("code", "name"), OURS) is None


def test_names_are_compared_without_their_case() -> None:
    assert Coverage([CONTRACT]).find(names("CODE", "Name", "STATUS"), OURS) == "stops"
