"""Of an exception type and place are written, of a group and a chain too, never the message."""

import pytest

from xihu_platform.telemetry.failures import PLACES, describe

SECRET = "330106199001011234"


def _raised(error: BaseException) -> BaseException:
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


def test_no_part_of_a_message_is_kept() -> None:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise RuntimeError(SECRET) from error
    except RuntimeError as error:
        failure = describe(error)
    assert (failure.kind, failure.causes) == ("RuntimeError", ("KeyError",))
    assert SECRET not in str(failure.facts())
    assert "test_no_part_of_a_message_is_kept" in failure.places[0]


def test_a_group_is_described_by_its_first() -> None:
    failure = describe(_raised(ExceptionGroup(SECRET, [ValueError(SECRET), KeyError(SECRET)])))
    assert (failure.kind, failure.causes) == ("ExceptionGroup", ("ValueError",))
    assert SECRET not in str(failure)


def test_a_hidden_context_is_not_named() -> None:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError:
            raise RuntimeError(SECRET) from None
    except RuntimeError as error:
        assert describe(error).causes == ()


def test_a_circle_of_causes_ends() -> None:
    one, other = ValueError(SECRET), KeyError(SECRET)
    one.__cause__, other.__cause__ = other, one
    assert describe(one).causes == ("KeyError",)


def test_a_deep_recursion_names_only_the_innermost_places() -> None:
    def deeper() -> None:
        deeper()

    with pytest.raises(RecursionError) as caught:
        deeper()
    assert len(describe(caught.value).places) <= PLACES
