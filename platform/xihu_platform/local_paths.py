"""Addresses on this site that somebody hands in: where to go back to."""

import re


def safe_path(path: str | None) -> str:
    """A path on this site to go back to; anything that could lead elsewhere becomes "/".

    >>> safe_path("/my?x=1"), safe_path("//evil"), safe_path("https://evil"), safe_path("/\\\\evil")
    ('/my?x=1', '/', '/', '/')
    >>> safe_path("/.//evil"), safe_path("/a/%2e%2E//evil"), safe_path("/my?next=//b")
    ('/', '/', '/my?next=//b')
    """
    if not path or not path.startswith("/") or not path.isprintable() or "\\" in path:
        return "/"
    plain = re.split("[?#]", path, maxsplit=1)[0]
    parts = re.sub("(?i)%2e", ".", plain).split("/")[1:]
    odd = "" in parts[:-1] or not {".", ".."}.isdisjoint(parts)  # a browser folds them away
    return "/" if odd else path
