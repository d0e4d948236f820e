"""Reads a rendered page as a browser would: text with its language, headings, attributes."""

import asyncio
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

import httpx
from fastapi import FastAPI

from tests.test_portals.web.app import make_app

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
SPOKEN = {"aria-label", "title", "placeholder", "alt", "data-open", "data-closed", "data-done"}


@dataclass
class Document(HTMLParser):
    """What a page holds: (language, words) in order, headings, ids and every start tag."""

    words: list[tuple[str, str]] = field(default_factory=list)
    title: str = ""
    headings: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    open: list[tuple[str, str]] = field(default_factory=lambda: [("", "")])

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        language = given.get("lang") or self.open[-1][1]
        self.tags.append((tag, given))
        self.words += [(language, given[name] or "") for name in SPOKEN & given.keys()]
        if tag in {"h1", "h2", "h3", "h4", "h5"}:
            self.headings.append(int(tag[1]))
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if tag not in VOID:
            self.open.append((tag, language))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self.open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"

    def handle_data(self, data: str) -> None:
        if self.open[-1][0] == "title":
            self.title += data
        elif data.strip() and self.open[-1][0] not in {"code", "pre"}:
            self.words.append((self.open[-1][1], data.strip()))


def parse(html: str) -> Document:
    document = Document()
    document.feed(html)
    document.close()
    assert document.open == [("", "")], document.open
    return document


@cache
def _app() -> FastAPI:
    return make_app()


def ask(
    path: str,
    *,
    method: str = "GET",
    cookies: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    data: dict[str, str] | None = None,
) -> httpx.Response:
    """One request to the sample application, in process."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=_app())
        async with httpx.AsyncClient(
            transport=transport, base_url="http://xihu.test", cookies=cookies
        ) as client:
            return await client.request(method, path, headers=headers, data=data)

    return asyncio.run(send())
