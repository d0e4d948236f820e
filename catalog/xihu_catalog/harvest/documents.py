"""Parses a source's document: JSON of limited depth, RDF without entities or remote contexts.

Nothing is fetched while a document is parsed: RDF/XML with a document type is refused, and of
JSON-LD only contexts inside the document and the one that is shipped with the formats are used.
"""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any
from xml.parsers import expat

from rdflib import Graph, term
from rdflib.plugins.parsers.jsonld import to_rdf

from xihu_catalog.formats.rdf import CONTEXT_FILE, CONTEXT_IRI
from xihu_catalog.harvest.raw import SourceFault
from xihu_platform.words import Text

_LITERALS = Lock()
DEPTH_LIMIT = 100  # levels; DCAT in JSON-LD needs 10
RDF_LIMIT = 32 << 20  # bytes: a graph takes some twenty times as much memory
_XML = re.compile(r"\s*<(\?xml|rdf:RDF|!DOCTYPE|!--)", re.IGNORECASE)
_JSON = re.compile(r"\s*(\{|\[\s*[\{\]])")
_DECLARATION = re.compile(r"^\s*<\?xml\b[^>]*\?>")
_SHIPPED = {CONTEXT_IRI, CONTEXT_IRI.replace("https://", "http://")}
logging.getLogger("rdflib.term").setLevel(logging.ERROR)
# It warns of each date or address that is not valid, with a traceback and the value of the source.


def read_json(content: bytes) -> Any:
    """Any: it is JSON. Raises SourceFault for what is not JSON, or is nested too deep."""
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # UnicodeDecodeError is one
        raise _bad("不是 UTF-8 编码的 JSON", "is not JSON in UTF-8") from None
    _check_depth(found)
    return found


def read_graph(content: bytes, address: str, media_type: str) -> Graph:
    """The triples of an RDF document; relative addresses are resolved against its own.

    Raises SourceFault for a document that is none of the three syntaxes, or not safe to parse.
    """
    if len(content) > RDF_LIMIT:
        zh, en = f"超过 {RDF_LIMIT >> 20} MB", f"is over {RDF_LIMIT >> 20} MB of RDF"
        raise _bad(zh, en)
    syntax = _syntax(content, media_type)
    # A store without named graphs: what a document writes into one is of the same catalogue.
    graph = Graph(store="SimpleMemory", bind_namespaces="none")
    prepared = _prepared(content, syntax)
    try:
        with _without_values():
            _parse(graph, prepared, syntax, address)
    except RecursionError:
        raise _too_deep() from None
    except Exception as error:  # each of rdflib's parsers has errors of its own
        kind = type(error).__name__
        zh, en = f"不是有效的 RDF（{syntax}：{kind}）", f"is not valid {syntax} ({kind})"
        raise _bad(zh, en) from None
    return graph


@contextmanager
def _without_values() -> Iterator[None]:
    """rdflib makes a Python value of each typed literal that it parses: of the 15 characters of
    1e999999999 a decimal of gigabytes, of nested HTML a tree in quadratic time. Here only the text
    of a literal is read, and so no datatype has a constructor meanwhile."""
    with _LITERALS:
        constructors = dict(term._toPythonMapping)
        term._toPythonMapping.clear()
        try:
            yield
        finally:
            term._toPythonMapping.update(constructors)


def _parse(graph: Graph, prepared: Any, syntax: str, address: str) -> None:
    """Any: JSON, or text."""
    if syntax == "json-ld":  # not by graph.parse(), which would read it as a ConjunctiveGraph
        to_rdf(prepared, graph, address)
    else:
        graph.parse(data=prepared, format=syntax, publicID=address)


def _prepared(content: bytes, syntax: str) -> Any:
    """Any: JSON, or text."""
    if syntax == "json-ld":
        return _with_own_contexts(read_json(content))
    return _checked_xml(content) if syntax == "xml" else content


def _syntax(content: bytes, media_type: str) -> str:
    """By its first characters where they can be of one syntax only: servers often name another."""
    head = content[:400].decode("utf-16" if content[:2] in _MARKS else "utf-8-sig", "replace")
    if _XML.match(head):
        return "xml"
    if _JSON.match(head):
        return "json-ld"
    if "xml" in media_type.casefold():
        return "xml"
    return "json-ld" if "json" in media_type.casefold() else "turtle"


_MARKS = (b"\xff\xfe", b"\xfe\xff")


def _checked_xml(content: bytes) -> str:
    """Checked by expat itself, so that no encoding can hide a document type."""
    parser, depth, encoding = expat.ParserCreate(), 0, "utf-8-sig"

    def declare(_version: str, named: str | None, _standalone: int) -> None:
        nonlocal encoding
        encoding = "utf-16" if content[:2] in _MARKS else named or encoding

    def refuse(*_: object) -> None:
        raise _bad(
            "含有 DOCTYPE 或实体声明，出于安全不予解析",
            "has a document type or entities, which are refused for safety",
        )

    def enter(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH_LIMIT:
            raise _too_deep()

    def leave(*_: object) -> None:
        nonlocal depth
        depth -= 1

    parser.XmlDeclHandler = declare
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = enter
    parser.EndElementHandler = leave
    try:
        parser.Parse(content, True)
        return _DECLARATION.sub("", content.decode(encoding).removeprefix("\ufeff"))
    except (expat.ExpatError, ValueError, LookupError):
        raise _bad("不是有效的 XML", "is not valid XML") from None


def _with_own_contexts(document: Any) -> Any:
    """Any: it is JSON. The shipped context replaces its address; no other address is fetched."""
    if isinstance(document, list):
        return [_with_own_contexts(one) for one in document]
    if not isinstance(document, dict):
        return document
    made = {}
    for key, value in document.items():
        if key == "@import":
            raise _remote(value)
        made[key] = _context(value) if key == "@context" else _with_own_contexts(value)
    return made


def _context(value: Any) -> Any:
    """Any: it is JSON."""
    if isinstance(value, list):
        return [_context(one) for one in value]
    if isinstance(value, str):
        if value not in _SHIPPED:
            raise _remote(value)
        return json.loads(CONTEXT_FILE.read_text(encoding="utf-8"))["@context"]
    return _with_own_contexts(value)


def _remote(address: object) -> SourceFault:
    shown = str(address)[:200]
    return _bad(
        f"引用远程 JSON-LD 上下文 {shown}，不予获取；请数据源内嵌上下文",
        f"names the remote JSON-LD context {shown}, which is not fetched: the source must embed it",
    )


def _check_depth(document: object) -> None:
    level = [document]
    for _ in range(DEPTH_LIMIT):
        level = [
            member
            for one in level
            if isinstance(one, dict | list)
            for member in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> SourceFault:
    return _bad(f"嵌套超过 {DEPTH_LIMIT} 层", f"is nested more than {DEPTH_LIMIT} levels deep")


def _bad(zh: str, en: str) -> SourceFault:
    text = Text(f"数据源的文档{zh}", f"the source's document {en}")
    return SourceFault(text.zh, text.en)
