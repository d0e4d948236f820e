"""Quarantined records on a report: each rule's own columns, and the record it collides with."""

from tests.province import NOW, Province
from xihu_catalog.quality.quarantine import Other, Rejected
from xihu_catalog.quality.whole import newest_whole
from xihu_portals.official import quarantined
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import State, Table

DATASET = "rs_social_insurance"


def shown(province: Province, who: str) -> tuple[quarantined.Rejects, ...] | State:
    services = province.services
    contract = services.catalogue.contracts.get(DATASET)
    whole = newest_whole(services.catalogue, services.node.database, contract)
    assert whole is not None
    here = Visitor(services, province.official(who), PageFrame("official", NOW))
    return quarantined.fill(here, contract, whole)


def test_the_steward_sees_each_rule_with_the_column_that_it_reads(province: Province) -> None:
    found = shown(province, "sun")
    assert isinstance(found, tuple)
    contract = province.services.catalogue.contracts.get(DATASET)
    columns = {f.title.zh: f.source_column for f in contract.fields}
    named = 0
    for one in found:
        assert isinstance(one.rows, Table)
        headers = [str(c.title) for c in one.rows.columns][1:]
        read = [column for title, column in columns.items() if str(one.rule).count(title)]
        assert not read or set(headers) & set(read), one.rule
        named += bool(read)
        assert len(one.rows.rows) == min(one.total, quarantined.REJECTS_PER_RULE)
    assert named


def test_whoever_oversees_is_told_why_there_are_no_records(province: Province) -> None:
    found = shown(province, "zhou")
    assert isinstance(found, State)
    assert found.kind == "refused"
    assert found.reason is not None


def test_the_other_record_of_a_duplicate_is_named_where_it_is(province: Province) -> None:
    def other(*others: Other) -> str | None:
        rejected = Rejected(record=9, rules=("key.unique",), values={}, others=others)
        found = quarantined._other(rejected, "key.unique")
        return None if found is None else str(getattr(found, "zh", found))

    assert other(Other("key.unique", None, 4)) == "已入库的第 4 条"
    assert other(Other("key.unique", 3, None)) == "同一文件第 3 条"
    assert other(Other("another", 3, None)) is None
