"""The page that explores a dataset as its reader has it: its form, its links, its numbers."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from tests.province import Province
from tests.test_portals.api.callers import Call, send

Pairs = list[tuple[str, str]]


@dataclass
class Form:
    """What a browser would send of a form without a hand laid on it."""

    action: str = ""
    pairs: Pairs = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.form = Form()
        self._inside = False
        self._select: str | None = None
        self._chosen: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "form" and "explore-form" in (said.get("class") or ""):
            self._inside, self.form.action = True, said["action"] or ""
        if not self._inside:
            return
        name, value = said.get("name") or "", said.get("value") or ""
        if tag == "input" and (said.get("type") != "checkbox" or "checked" in said):
            self.form.pairs.append((name, value))
        if tag == "select":
            self._select, self._chosen = name, None
            self.form.options[name] = []
        if tag == "option" and self._select is not None:
            self.form.options[self._select].append(value)
            if "selected" in said or self._chosen is None:
                self._chosen = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._inside and self._select is not None:
            self.form.pairs.append((self._select, self._chosen or ""))
            self._select = None
        if tag == "form":
            self._inside = False


@dataclass(frozen=True)
class Explored:
    """One answer of the page."""

    answer: httpx.Response

    @property
    def text(self) -> str:
        return unescape(self.answer.text)

    @property
    def form(self) -> Form:
        reader = _Reader()
        reader.feed(self.answer.text)
        return reader.form

    @property
    def found(self) -> str:
        """How many rows, in the page's words."""
        said = re.search(r'<h2 class="count"[^>]*>([^<]*)</h2>', self.text)
        return said[1] if said else ""

    @property
    def total(self) -> int:
        return int(self.found.partition(" ")[0].replace(",", ""))

    @property
    def file_rows(self) -> str:
        said = re.search(r"<p><b>(文件[^<]*)</b></p>", self.text)
        return said[1] if said else ""

    def facets(self) -> dict[str, dict[str, tuple[int, str]]]:
        """Each facet by its name: options with their number and address."""
        found: dict[str, dict[str, tuple[int, str]]] = {}
        groups = self.text.partition('class="facet-groups"')[2].partition('class="results"')[0]
        for section in re.findall(r"<section><h3>(.*?)</section>", groups, re.S):
            name = re.sub("<.*?>", "", section.partition("</h3>")[0])
            options = re.findall(
                r'<a href="([^"]*)"[^>]*><span>(.*?)</span> <span class="num">([\d,]+)</span></a>',
                section,
                re.S,
            )
            found[name] = {
                re.sub("<.*?>", "", label).strip(): (int(n.replace(",", "")), href)
                for href, label, n in options
            }
        return found

    def charts(self) -> dict[str, list[str]]:
        """The rows of each chart's table, as they are written."""
        found = {}
        for name, body in re.findall(
            r'<figure class="card chart" id="([^"]*)">(.*?)</figure>', self.text, re.S
        ):
            found[name] = [
                " ".join(re.sub("<.*?>", " ", row).split())
                for row in re.findall(r"<tr>(.*?)</tr>", body.partition("<tbody>")[2], re.S)
            ]
        return found

    def rows(self) -> list[list[str]]:
        body = self.text.partition('class="table-wrap explore-table"')[2].partition("</table>")[0]
        lines = re.findall(r"<tr>(.*?)</tr>", body.partition("<tbody>")[2], re.S)
        return [
            [
                " ".join(re.sub("<.*?>", "", c).split())
                for c in re.findall(r"<td.*?>(.*?)</td>", line, re.S)
            ]
            for line in lines
        ]

    def link(self, words: str) -> str:
        """The address of the link whose text begins with these words."""
        for href, text in re.findall(r'<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>', self.text, re.S):
            if re.sub("<.*?>", "", text).strip().startswith(words):
                return str(href)
        raise AssertionError(f"no link {words}")

    def downloads(self) -> dict[str, str]:
        """Address by form: `people`, csv, xlsx, parquet, arrow."""
        part = self.text.partition('id="get"')[2]
        found = {}
        for href in re.findall(r'href="([^"]*/download\.[^"]*)"', part):
            form = href.partition("/download.")[2].partition("?")[0]
            found["people" if "readers=people" in href else form] = href
        return found


def explore(province: Province, who: str, address: str) -> Explored:
    """The page as somebody gets it, `wang` as a citizen; redirects are not followed."""
    return Explored(send(province, Call("GET", address, "", who), "right"))


def address_of(dataset: str, *pairs: tuple[str, str], official: bool = False) -> str:
    root = "/official/datasets" if official else "/datasets"
    query = f"?{urlencode(pairs)}" if pairs else ""
    return f"{root}/{dataset}/explore{query}"


def submitted(page: Explored, **changed: str) -> str:
    """The address that the form's button goes to; `is__aqi` stands for `is.aqi`."""
    form = page.form
    said = {name.replace("__", "."): value for name, value in changed.items()}
    unknown = said.keys() - {name for name, _ in form.pairs}
    assert not unknown, unknown
    pairs = [(n, said.get(n, v)) for n, v in form.pairs]
    return f"{form.action}?{urlencode(pairs)}"


def asked(address: str) -> Pairs:
    return parse_qsl(urlsplit(address).query, keep_blank_values=True)
