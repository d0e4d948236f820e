"""A count told to two figures: the type says that it is not exact, wherever the count travels."""


class Rough(int):
    """A count to two figures, rounded down; below 100 it says no more than that."""


def rough(count: int) -> Rough:
    """
    >>> rough(9723), rough(181), rough(99), rough(0)
    (9700, 180, 0, 0)
    """
    scale = 10 ** (len(str(count)) - 2)
    return Rough(count // scale * scale if count >= 100 else 0)
