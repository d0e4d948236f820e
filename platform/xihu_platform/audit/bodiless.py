"""Answers without a body: what a HEAD request asks for.

A read is recorded before its first byte leaves. Where no byte will leave, recording one would be
untrue: the request ends at that point, decided and checked like any other.
"""

from contextvars import ContextVar

BODILESS: ContextVar[bool] = ContextVar("BODILESS", default=False)
"""Whether the answer to the request in work leaves without its body."""


class NothingLeaves(Exception):
    """The answer is ready to be recorded and sent, and no body was asked for."""
