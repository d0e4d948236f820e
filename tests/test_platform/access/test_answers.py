"""The answer cache: limited by bytes, the least recently used answer goes first."""

import pyarrow as pa

from xihu_platform.access.answers import AnswerCache

ANSWER = pa.table({"n": pa.array(range(100), pa.int64())})
ROOM = 8 * ANSWER.nbytes
"""For eight such answers."""


def filled(*keys: str) -> AnswerCache:
    cache = AnswerCache(ROOM)
    for key in keys:
        cache.put(key, ANSWER)
    return cache


def test_an_answer_comes_back_and_is_counted() -> None:
    cache = filled("a")
    assert cache.get("a") is ANSWER
    assert cache.get("b") is None
    assert (cache.hits, cache.misses) == (1, 1)


def test_the_answer_that_was_asked_for_longest_ago_makes_room() -> None:
    cache = filled(*"abcdefgh")
    cache.get("a")
    cache.put("i", ANSWER)
    assert [key for key in "abcdefghi" if cache.get(key) is None] == ["b"]


def test_an_answer_of_more_than_an_eighth_of_the_room_is_not_kept() -> None:
    cache = filled("a")
    cache.put("long", pa.concat_tables([ANSWER, ANSWER]))
    assert cache.get("long") is None
    assert cache.get("a") is ANSWER


def test_an_answer_that_is_kept_stays_the_one_that_was_given_first() -> None:
    cache = filled("a")
    cache.put("a", pa.concat_tables([ANSWER]))
    assert cache.get("a") is ANSWER
