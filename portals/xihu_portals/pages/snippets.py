"""Lines to copy that ask for exactly what a page shows: curl, Python, R.

Every value is quoted for the language it is written in, so that nothing somebody puts into an
address becomes a command: the address is percent-encoded, which leaves no quote, blank or `$`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote as shell
from urllib.parse import urlencode

from xihu_platform.access.query import Filter, RowQuery
from xihu_portals.web.datasets import ApiExample

TOKEN = "XIHU_TOKEN"
"""The environment variable that an official's lines take the access token from."""
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One question to the API: `position` where it is asked in an office, with a token."""

    base: str
    dataset: str
    pairs: tuple[tuple[str, str], ...] = ()
    whole: bool = True
    """All rows as CSV; else a page of them as JSON."""
    position: str | None = None

    @property
    def address(self) -> str:
        last = "download.csv" if self.whole else "rows"
        return f"{self.base}/api/v1/datasets/{self.dataset}/{last}"

    @property
    def url(self) -> str:
        return f"{self.address}?{urlencode(self.pairs, safe=':,')}" if self.pairs else self.address


def query_pairs(query: RowQuery) -> tuple[tuple[str, str], ...]:
    """A query in the words of the API's parameters."""
    pairs = [("filter", filter_text(f)) for f in query.filters]
    pairs += [("sort", f"{'-' if s.descending else ''}{s.field}") for s in query.sorts]
    pairs += [("fields", ",".join(query.fields))] if query.fields else []
    pairs += [("snapshot", str(query.snapshot_id))] if query.snapshot_id is not None else []
    return tuple(pairs)


def filter_text(wanted: Filter) -> str:
    """What `parse_filter` takes."""
    return f"{wanted.field}:{wanted.operator}:{wanted.value}"


def api_example(call: ApiCall) -> ApiExample:
    return ApiExample(curl=_curl(call), python=_python(call), r=_r(call))


def _curl(call: ApiCall) -> str:
    parts = ["curl"]
    if call.position is not None:
        parts += [f'-H "Authorization: Bearer ${TOKEN}"']
        parts += [f"-H {shell(f'X-Xihu-Position: {call.position}')}"]
    if call.whole:
        parts.append(f"--fail -o {shell(f'{call.dataset}.csv')}")
    return " ".join([*parts, "'" + call.url.replace("'", "'\\''") + "'"])


def _python(call: ApiCall) -> str:
    """`repr` quotes whatever a text holds, and writes out what nobody would see."""
    imports, lines, given = ["import httpx"], [], [repr(call.address)]
    if call.pairs:
        given.append("params=[" + "".join(f"\n    {pair!r}," for pair in call.pairs) + "\n]")
    if call.position is not None:
        imports.insert(0, "import os")
        token = f'"Bearer " + os.environ["{TOKEN}"]'
        lines += [f'headers = {{"Authorization": {token}, "X-Xihu-Position": {call.position!r}}}']
        given.append("headers=headers")
    if call.whole:
        imports.append("from pathlib import Path")
        given.append("timeout=300")
    lines += [f"answer = httpx.get({', '.join(given)})", "answer.raise_for_status()"]
    saved = f"Path({call.dataset + '.csv'!r}).write_bytes(answer.content)"
    lines.append(saved if call.whole else 'rows = answer.json()["rows"]')
    return "\n".join([*imports, "", *lines])


def _r(call: ApiCall) -> str:
    """Codes begin with zeros and are no numbers, so CSV is read as text."""
    lines = [f"address <- {r_text(call.url)}"]
    source = "address"
    if call.position is not None:
        lines.append(
            f'headers <- c(Authorization = paste("Bearer", Sys.getenv("{TOKEN}")),\n'
            f"  `X-Xihu-Position` = {r_text(call.position)})"
        )
        source = "url(address, headers = headers)"
    if call.whole:
        lines.append(
            f'rows <- read.csv({source}, colClasses = "character", fileEncoding = "UTF-8")'
        )
    else:
        lines.append(f"rows <- jsonlite::fromJSON({source})$rows")
    return "\n".join(lines)


def r_text(text: str) -> str:
    r"""A text as an R string: quotes and backslashes escaped, all but printable ASCII by code.

    >>> print(r_text('a"b\\c'), r_text("西"))
    "a\"b\\c" "\u897f"
    """
    return '"' + "".join(map(_r_character, text)) + '"'


def _r_character(one: str) -> str:
    if one in {'"', "\\"}:
        return f"\\{one}"
    if " " <= one <= "~":
        return one
    return f"\\U{ord(one):08x}" if ord(one) > 0xFFFF else f"\\u{ord(one):04x}"
