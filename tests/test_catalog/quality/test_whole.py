"""A load with its corrections counts a corrected record once, and says why one was stopped."""

from datetime import UTC, datetime

import pytest

from tests import contracts
from tests.contracts import field
from xihu_catalog.datasets.service import LoadSummary
from xihu_catalog.quality.blocked import why_stopped
from xihu_catalog.quality.whole import Whole
from xihu_platform.lake.summary import LoadCounts

LOAD = LoadSummary(
    load_id="one",
    snapshot_id=1,
    committed_at=datetime(2026, 11, 23, tzinfo=UTC),
    file_name="one.csv",
    counts=LoadCounts(received=10, accepted=6, quarantined=4),
    rule_counts={"id.required": 3, "line.required": 2},
    profile={},
    steps={},
    decoded={},
)


def test_a_corrected_record_is_accepted_and_no_longer_open() -> None:
    whole = Whole(LOAD, corrected=3, corrected_rules={"id.required": 3, "line.required": 1})
    assert (whole.accepted, whole.still_open) == (9, 1)
    assert whole.rule_counts == {"line.required": 1}


@pytest.mark.parametrize(("correcting", "said"), [(False, "hand it in again"), (True, "submit")])
def test_a_load_without_one_accepted_record_says_which_rules_and_what_to_do(
    correcting: bool, said: str
) -> None:
    one = contracts.contract("gj_lines", [field("id", key=True), field("line", required=True)])
    text = why_stopped(one, {"id.required": 3, "line.required": 7}, correcting=correcting)
    assert "not one record can be kept" in text.en
    assert text.en.index(": 7") < text.en.index(": 3")
    assert said in text.en
    assert "没有一条记录可以入库" in text.zh


def test_an_empty_file_is_said_to_hold_none() -> None:
    one = contracts.contract("gj_lines", [field("id", key=True)])
    assert "the file holds none" in why_stopped(one, {}, correcting=False).en
