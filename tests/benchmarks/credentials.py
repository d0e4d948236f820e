"""Licences: one issued in a transaction of its own, and its document made and sealed (p50, p95).

make bench B=credentials
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.both_databases import sqlite
from tests.test_platform.credentials.made import AT, document_facts, identity_of
from tests.test_platform.credentials.test_register import TEXTS, a_matter, facts
from xihu_platform.credentials.making import Maker
from xihu_platform.credentials.register import issue, status_list
from xihu_platform.database import transaction

OURS = identity_of(b"m" * 32)
BAR_MS = 400
"""Of a document, made and sealed, in a process that is warm."""


def measured(name: str, times: int, act: Callable[[], object]) -> None:
    """One line: the first call, then median and 95th percentile of the others, in ms."""
    took = []
    for _ in range(times + 1):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    first, *others = took
    p95 = statistics.quantiles(others, n=20)[-1]
    print(f"{name:<28} first {first:7.1f}  p50 {statistics.median(others):7.1f}  p95 {p95:7.1f} ms")  # noqa: T201


def main(times: int) -> None:
    maker = Maker(OURS)
    with tempfile.TemporaryDirectory() as folder, sqlite(Path(folder)) as database:
        with transaction(database) as session:
            matter = a_matter(session)

        def issued() -> None:
            with transaction(database) as session:
                issue(session, TEXTS, facts(matter), AT)

        def listed() -> None:
            with transaction(database) as session:
                status_list(session, lambda: OURS, "http://127.0.0.1:8000", 1, AT)

        measured("issue, committed", times, issued)
        measured("status list", times, listed)
    made = document_facts()
    measured(f"document, bar {BAR_MS}", times, lambda: maker.make(made, "{}", AT))
    maker.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    main(parser.parse_args().times)
