"""A count told to two figures: the type says that it is not exact, wherever the count travels."""

from xihu_platform.words import Text


class Rough(int):
    """A count to two figures, rounded down; below 100 it says no more than that."""


def rough(count: int) -> Rough:
    """
    >>> rough(9723), rough(181), rough(99), rough(0)
    (9700, 180, 0, 0)
    """
    scale = 10 ** (len(str(count)) - 2)
    return Rough(count // scale * scale if count >= 100 else 0)


def count_words(count: int) -> Text:
    """The count in a sentence, which says where it is not exact.

    >>> count_words(1234).zh, count_words(rough(1234)).zh, count_words(rough(3)).en
    ('1,234', '约 1,200', 'fewer than 100')
    """
    if not isinstance(count, Rough):
        return Text(f"{count:,}", f"{count:,}")
    if not count:
        return Text("不足 100", "fewer than 100")
    return Text(f"约 {count:,}", f"about {count:,}")
