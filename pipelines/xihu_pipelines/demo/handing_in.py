"""The departments' files, written in a thread of their own while what is there is loaded."""

from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager

from xihu_pipelines.demo.layout import list_files
from xihu_pipelines.demo.province import Before, files_of
from xihu_platform.start import Node


@contextmanager
def handing_in(node: Node, *, anew: bool = False) -> Iterator[Before]:
    """Yields what waits until a dataset's file is there, and raises the error that prevented it.

    DuckDB writes and reads without Python's lock, so both cores are used. A caller that
    leaves early stops the writing after the current file; the next call writes all files again.
    """
    there = {file.dataset: Future[None]() for file in list_files()}
    left = Future[None]()

    def written(dataset: str, _records: int) -> None:
        there[dataset].set_result(None)
        if left.done():
            raise CancelledError

    def write() -> None:
        fault: BaseException | None = None
        try:
            files_of(node, anew=anew, progress=written)
        except BaseException as error:  # whoever waits for a file raises it
            fault = error
        for waited in there.values():
            if not waited.done():
                waited.set_exception(fault) if fault else waited.set_result(None)

    def wait(dataset: str) -> None:
        if dataset in there:  # what is derived has no file
            there[dataset].result()

    with ThreadPoolExecutor(1, "handing-in") as hand:
        hand.submit(write)
        try:
            yield wait
        finally:
            left.set_result(None)
