"""Definitions that matters run under: every version that ever came into force, word for word."""

from collections.abc import Callable, Mapping
from hashlib import sha256

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xihu_platform.clock import Clock
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict, NotFound
from xihu_platform.matters.definition import Definition
from xihu_platform.matters.models import DefinitionRow

Parse = Callable[[str], Definition]


class DefinitionBook:
    """Reads the versions in the database; each is parsed once in a process."""

    def __init__(self, parse: Parse) -> None:
        self._parse = parse
        self._known: dict[tuple[str, int], Definition] = {}

    def get(self, session: Session, kind: str, version: int) -> Definition:
        """Raises NotFound for a version that never was."""
        found = self._known.get((kind, version))
        if found is None:
            row = session.get(DefinitionRow, (kind, version))
            if row is None:
                raise NotFound(
                    f"没有事项定义 {kind} 第 {version} 版",
                    f"there is no version {version} of the kind {kind}",
                )
            found = self._known[kind, version] = self._parse(row.document)
        return found

    def every(self, session: Session) -> list[Definition]:
        """All versions that ever came into force."""
        rows = session.execute(select(DefinitionRow.kind, DefinitionRow.version)).all()
        return [self.get(session, kind, version) for kind, version in rows]

    def newest(self, session: Session, kind: str) -> Definition:
        """The version that new matters are opened under. Raises NotFound."""
        newest = select(func.max(DefinitionRow.version)).where(DefinitionRow.kind == kind)
        version = session.scalar(newest)
        if version is None:
            raise NotFound(f"没有事项种类 {kind}", f"there is no kind of matter {kind}")
        return self.get(session, kind, version)


def publish_definitions(
    database: Engine, documents: Mapping[str, str], parse: Parse, clock: Clock
) -> None:
    """Put the registry's documents in force, by file name: what is in force already stays.

    Raises Conflict for a document that was changed under a version in force, since matters run
    under it: nothing is put in force then.
    """
    wanted = [(name, parse(text), text) for name, text in documents.items()]
    try:
        with transaction(database) as session:
            for name, definition, text in wanted:
                _publish(session, name, definition, text, clock)
    except IntegrityError:  # a process that started at the same moment has done it
        return


def _publish(session: Session, name: str, definition: Definition, text: str, clock: Clock) -> None:
    digest = sha256(text.encode()).hexdigest()
    row = session.get(DefinitionRow, (definition.kind, definition.version))
    if row is not None and row.sha256 != digest:
        raise Conflict(
            f"{name}：第 {definition.version} 版已生效，不能修改；请把 version 改为更大的数",
            f"{name}: version {definition.version} is in force and cannot be changed: "
            "raise its version",
        )
    if row is None:
        session.add(
            DefinitionRow(
                kind=definition.kind,
                version=definition.version,
                document=text,
                sha256=digest,
                valid_from=clock(),
            )
        )
