"""What an erasure excuses, and what verification says that it could not check."""

from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite

from tests.test_platform.audit.test_log import Logged, logged
from xihu_platform.audit.heads import read_head
from xihu_platform.audit.verify import verify
from xihu_platform.audit.walk import Erasure, Walk, erasures

__all__ = ["logged"]


def walked(told: dict[int, Erasure], lessened: dict[int, str]) -> Walk:
    found = Walk(sqlite.dialect())
    found.told.update(told)
    found.lessened.update(lessened)
    return found


def erasure(dataset: str, first_format: tuple[int, ...] | None = None) -> Erasure:
    named = None if first_format is None else frozenset(first_format)
    return Erasure(dataset, None, frozenset(), named)


@pytest.mark.parametrize(
    ("told", "lessened", "lawful"),
    [
        ({}, {}, True),
        ({}, {1: "b"}, False),
        ({9: erasure("b")}, {1: "b"}, True),
        ({9: erasure("a")}, {1: "b"}, False),
        ({9: erasure("c")}, {1: "b"}, False),
        ({9: erasure("a"), 10: erasure("bb"[1:])}, {1: "b"}, True),
        ({9: erasure("a", (1,))}, {1: "b"}, True),
        ({9: erasure("b", (2,))}, {1: "b"}, False),
        ({9: erasure("b", (1, 2))}, {1: "b"}, False),
        ({9: erasure("b", (1,)), 10: erasure("b")}, {1: "b", 2: "b"}, True),
    ],
)
def test_an_entry_may_lack_persons_only_where_an_erasure_of_its_dataset_or_of_it_says_so(
    told: dict[int, Erasure], lessened: dict[int, str], lawful: bool
) -> None:
    assert (erasures(walked(told, lessened)) is None) is lawful


def test_entries_after_the_head_that_were_compared_with_none_are_counted(logged: Logged) -> None:
    head = logged.save_head()

    def said(heads: Path | None) -> str:
        checked = verify(logged.database, read_head(head), logged.signer.public_key, heads=heads)
        assert checked.holds
        return f"{checked.text.zh} {checked.text.en}"

    assert "after the head" not in said(None)
    logged.write(10)
    assert "签名头之后的 10 条" in said(None) and "the 10 entries after the head" in said(None)
    assert "after the head" not in said(logged.log.head_path)
