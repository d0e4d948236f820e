"""Who read which dataset: counted again from the raw log."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.province import NOW, Province
from tests.test_portals.pages.rendered import visitor
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.audit.models import AuditEntry
from xihu_platform.clock import SHANGHAI
from xihu_platform.database import transaction
from xihu_platform.errors import Refused
from xihu_portals.official.audit_readers import fill
from xihu_portals.web.parts import Link, State


def test_the_counts_are_those_of_the_raw_log(province: Province) -> None:
    gateway = province.services.gateway
    case = Purpose("case", "XH-2026-000124")
    gateway.read_page(province.official("sun", "sun-rs"), "rs_social_insurance", case, RowQuery())
    with pytest.raises(Refused):
        gateway.read_page(
            province.official("tang"), "mz_aid_recipients", Purpose("duty"), RowQuery()
        )
    view = fill(visitor(province, province.official("wu"), official=True))
    assert not isinstance(view.table, State)
    with transaction(province.services.node.database) as session:
        found = [json.loads(body) for body in session.scalars(select(AuditEntry.body))]
    month = NOW.astimezone(SHANGHAI).month
    counted: Counter[tuple[str, bool]] = Counter()
    for one in found:
        at = datetime.fromisoformat(one["at"]).astimezone(SHANGHAI)
        if one["kind"] in {"read", "intent", "refusal"} and one["dataset"] and at.month == month:
            counted[one["dataset"], one["kind"] == "refusal"] += 1
    shown: Counter[tuple[str, bool]] = Counter()
    for dataset, _, _, reads, refused, _ in view.table.rows:
        assert isinstance(dataset, Link) and isinstance(reads, int) and isinstance(refused, int)
        name = dataset.href.partition("dataset=")[2].partition("&")[0]
        shown[name, False] += reads
        shown[name, True] += refused
    assert +shown == +counted


def test_a_month_without_reads_says_so_and_one_written_wrongly_is_told(province: Province) -> None:
    here = visitor(province, province.official("wu"), official=True)
    assert isinstance(fill(here, "2025-11").table, State)
    assert fill(here, "11/2026").fault is not None
    assert fill(here).before.href == "/official/audit/readers?month=2026-10"


def test_what_was_read_last_month_is_one_tap_away(province: Province) -> None:
    """Looked at in December: November is the month before, with the same counts as its own."""
    province.services.gateway.read_page(
        province.anonymous, "fg_penalties", Purpose("open"), RowQuery()
    )
    here = visitor(province, province.official("wu"), official=True)
    now = fill(here).table
    december = replace(here, frame=replace(here.frame, now=NOW + timedelta(days=30)))
    assert isinstance(fill(december).table, State)
    before = fill(december).before.href
    assert before == "/official/audit/readers?month=2026-11"
    then = fill(december, before.partition("month=")[2]).table
    assert not isinstance(now, State) and not isinstance(then, State)
    assert [row[1:5] for row in then.rows] == [row[1:5] for row in now.rows]
