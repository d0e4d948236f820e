"""What goes outside: the number of a matter, that something happened or is due, and a link.

No name, item, dataset, reason or file: whoever wants to know signs in.
"""

from dataclasses import dataclass

from xihu_platform.words import Text

HAPPENED, DUE = "happened", "due"
WORDS = {
    HAPPENED: Text("有新情况", "something happened"),
    DUE: Text("有期限需要注意", "something is due"),
}


@dataclass(frozen=True, slots=True)
class OutgoingNotice:
    """One message; `key` is the same whenever it is tried, so that repeats can be dropped."""

    key: int
    number: str
    what: str
    link: str
    """Behind sign-in."""
