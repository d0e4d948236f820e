"""What a snapshot's summary says is read strictly: no count is guessed."""

import pytest

from xihu_platform.errors import TerminalError
from xihu_platform.lake import summary

WRITTEN = {"xihu.received": "5", "xihu.kept": "3", "xihu.set-aside": "2"}
"""As every version has written them."""


def test_the_counts_are_read_under_the_names_that_are_stored() -> None:
    assert summary.counts_of(WRITTEN) == summary.LoadCounts(5, 3, 2)


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_a_count_that_is_not_there_is_no_guess(name: str) -> None:
    rest = {key: value for key, value in WRITTEN.items() if key != name}
    with pytest.raises(TerminalError, match=name):
        summary.counts_of(rest)


def test_an_object_that_is_not_there_is_empty() -> None:
    assert summary.json_of({}, summary.RULE_COUNTS) == {}
    assert summary.json_of({summary.RULE_COUNTS: '{"a": 1}'}, summary.RULE_COUNTS) == {"a": 1}
