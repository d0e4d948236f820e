"""Fetches the documents of a harvested source, and nothing else: one origin at one checked address.

No redirect is followed, no proxy is used, sizes are counted unpacked (`sources/remote/pinned.py`).
"""

from functools import cached_property
from urllib.parse import urlsplit

import requests

from xihu_catalog.harvest.job import FetchedDocument
from xihu_catalog.harvest.raw import SourceKind
from xihu_catalog.harvest.sources import HarvestSource
from xihu_pipelines.sources.remote.connections import (
    Connection,
    parse,
    said_without_secrets,
    status_fault,
)
from xihu_pipelines.sources.remote.pinned import open_session
from xihu_platform.errors import BadInput
from xihu_platform.settings import RemoteSettings, Settings

_RDF = "text/turtle, application/rdf+xml;q=0.9, application/ld+json;q=0.8"
ACCEPTED: dict[SourceKind, str] = {
    "ckan": "application/json",
    "data_json": "application/json",
    "dcat": _RDF,
    "xihu": _RDF,
}


class SourceFetch:
    """Is called with an address of the source. Nothing is resolved before the first call."""

    def __init__(self, source: HarvestSource, settings: Settings) -> None:
        self._source = source
        self._settings = settings

    def __call__(self, address: str) -> FetchedDocument:
        with said_without_secrets(self._connection):
            try:
                answer = self._session.get(address, allow_redirects=False)
            except requests.TooManyRedirects:  # it looks where one would lead, and has no leave to
                raise status_fault(self._connection, 302) from None
        if answer.status_code != 200:
            raise status_fault(self._connection, answer.status_code)
        return FetchedDocument(answer.content, answer.headers.get("Content-Type", ""))

    @cached_property
    def _connection(self) -> Connection:
        return connection_of(self._source, self._settings)

    @cached_property
    def _session(self) -> requests.Session:
        limits: RemoteSettings = self._settings.remote
        session = open_session(self._connection, limits)
        session.headers["Accept"] = ACCEPTED[self._source.kind]
        session.headers["User-Agent"] = "Xihu harvester"
        return session


def connection_of(source: HarvestSource, settings: Settings) -> Connection:
    """The source's origin. The operator's connection of the same name, where there is one, has its
    token, and says whether the source may be at an inside address.

    Raises BadInput where that connection is to another origin: its token is not for this one.
    """
    parts = urlsplit(source.url)
    own = settings.sources.get(source.id)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    made = Connection(source.id, parts.scheme, parts.hostname or "", port, parts.path, "", "")
    if own is None:
        return made
    known = parse(source.id, own)
    if (known.kind, known.host, known.port) != (made.kind, made.host, made.port):
        raise BadInput(
            f"连接 {source.id} 与 harvest.yaml 中数据源的网站不同，请核对",
            f"connection {source.id} and the source in harvest.yaml are on different sites: "
            "check them",
        )
    return known
