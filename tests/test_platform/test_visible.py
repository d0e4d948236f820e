"""One answer everywhere to whether a person sees anything of a text."""

import unicodedata

import pytest

from xihu_platform.visible import hidden_characters, is_blank


@pytest.mark.parametrize(
    "one", "\u3164\u115f\u1160\uffa0\u2800\u2028\u2029\u200b\u200d\u202e\ufeff\x00\x7f"
)
def test_what_shows_nothing_is_hidden_and_blank(one: str) -> None:
    assert hidden_characters(f"西{one}湖") == [one]
    assert is_blank(one)
    assert not is_blank(f"西{one}")


@pytest.mark.parametrize("one", " \n\t\u3000\u00a0")
def test_a_blank_is_seen_by_what_it_does_and_blank_alone(one: str) -> None:
    assert hidden_characters(one) == []
    assert is_blank(one * 3)


@pytest.mark.parametrize("text", ["葛\U000e0100城区", "☎\ufe0f", "é", "A\u0301", "\ue000", "ཀྵ"])
def test_rare_han_marks_and_private_characters_are_seen(text: str) -> None:
    assert hidden_characters(text) == []
    assert not is_blank(text)


def test_no_letter_of_the_common_scripts_is_hidden() -> None:
    shown = [chr(n) for n in range(0x21, 0x2FA1E) if unicodedata.category(chr(n))[0] in "LNPS"]
    assert sorted(hidden_characters("".join(shown))) == sorted("\u115f\u1160\u2800\u3164\uffa0")
