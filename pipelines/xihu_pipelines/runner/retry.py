"""How often and when a run that met a transient fault is tried again."""

RETRIES = 4
FIRST_WAIT_S = 30.0  # a lease held by another load is free again within seconds
LONGEST_WAIT_S = 900.0


def wait_s(number: int) -> float:
    """Seconds before try `number` + 1; each wait is twice the one before.

    >>> [wait_s(n) for n in range(6)]
    [30.0, 60.0, 120.0, 240.0, 480.0, 900.0]
    """
    return min(FIRST_WAIT_S * 2.0**number, LONGEST_WAIT_S)
