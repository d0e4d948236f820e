"""What a load and its corrections came to, in a page's terms: counts, rules, notes."""

from dataclasses import replace
from decimal import Decimal

from xihu_catalog.contracts.model import WHOLE_RECORD, Contract
from xihu_catalog.datasets.public_counts import count_of_fields, public_count
from xihu_catalog.quality.reported import FEWEST, MOST, fields_of_rule, rule_title
from xihu_catalog.quality.whole import Whole
from xihu_platform.rough import Rough
from xihu_platform.words import Text
from xihu_portals.web import datasets as shown
from xihu_portals.web.parts import State

NO_LOAD = State("empty", Text("还没有装载记录", "Nothing has been loaded yet"))


def of_load(
    contract: Contract,
    whole: Whole,
    load_href: str | None,
    *,
    public: bool = False,
    unreadable: frozenset[str],
) -> shown.ShownQuality:
    """Of a load and its corrections together. Where the public is told rough counts, single
    corrections are not told of. `unreadable`: fields of which counts are rough."""
    load = whole.load
    received = public_count(contract, load.counts.received, public=public)
    exact = not isinstance(received, Rough)
    return shown.ShownQuality(
        load=load.load_id[:12],
        loaded_at=load.committed_at,
        received=received,
        accepted=public_count(contract, whole.accepted, public=public),
        quarantined=public_count(contract, whole.still_open, public=public),
        reasons=rule_counts(contract, whole, public=public, unreadable=unreadable),
        load_href=load_href,
        corrected=whole.corrected if exact else 0,
        notes=_corrected(whole) if exact else (),
        overlapping=_overlapping(contract, whole),
        rough=not exact,
        share=None if exact else _share(whole),
    )


def _share(whole: Whole) -> Decimal | None:
    """What was accepted of what came, in whole per cent, as the dimensions of quality are given:
    none of few records, and never that all were."""
    received = whole.load.counts.received
    if received < FEWEST:
        return None
    return min(Decimal(whole.accepted * 100 // received) / 100, MOST)


def _corrected(whole: Whole) -> tuple[Text, ...]:
    """What corrections came to: what is known of them, and what is not."""
    said = []
    if whole.corrected:
        before, done, left = whole.load.counts.quarantined, whole.corrected, whole.still_open
        said.append(
            Text(
                f"装载时有 {before:,} 条有问题，之后已更正 {done:,} 条，还有 {left:,} 条待更正。",
                f"The load quarantined {before:,}; {done:,} have been corrected since, {left:,} "
                "are still open.",
            )
        )
    accepted, quarantined = whole.unmatched_accepted, whole.unmatched_quarantined
    if accepted or quarantined:
        said.append(
            Text(
                f"更正文件里另有 {accepted:,} 条已入库、{quarantined:,} 条有问题，"
                "无法确认对应这次装载的哪条记录，没有计入上面的数字。",
                f"Files of corrections hold {accepted:,} accepted and {quarantined:,} quarantined "
                "records besides. Which records of this load they correct is not known, so they "
                "are not in these figures.",
            )
        )
    return tuple(said)


def _overlapping(contract: Contract, whole: Whole) -> bool:
    """Whether the counts by rule add up to more than the records: one may break several rules."""
    quarantining = {rule.id for rule in contract.all_rules if rule.severity != "note"}
    quarantining |= WHOLE_RECORD.keys() - {"key.superseded"}
    counts = whole.rule_counts.items()
    return sum(count for rule, count in counts if rule in quarantining) > whole.still_open


def rule_counts(
    contract: Contract, whole: Whole, *, public: bool = False, unreadable: frozenset[str]
) -> tuple[shown.RuleCount, ...]:
    """Rules broken in a load, most records first, in words."""

    def shown_count(rule_id: str, count: int) -> int:
        fields = fields_of_rule(contract, rule_id)
        return count_of_fields(contract, fields, count, public=public, unreadable=unreadable)

    return tuple(
        replace(one, count=shown_count(rule_id, one.count))
        for rule_id, one in by_count(contract, whole)
    )


def by_count(contract: Contract, whole: Whole) -> list[tuple[str, shown.RuleCount]]:
    """The same with the rules' ids."""
    rules = {rule.id: rule for rule in contract.all_rules}
    found = []
    for rule_id, count in sorted(whole.rule_counts.items(), key=lambda item: -item[1]):
        rule = rules.get(rule_id)
        anchor, field = rule_id.replace(".", "-"), rule.field if rule else None
        found.append(
            (rule_id, shown.RuleCount(rule_title(contract, rule_id), field, count, anchor))
        )
    return found
