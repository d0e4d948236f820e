"""Rows as the database stores them, before SQLAlchemy converts them to Python values.

SQLite keeps any type in any column: a `2` among truth values would read as true, and no query that
asks for what is true finds it.
"""

from typing import Any

from sqlalchemy import Dialect, Select, select, type_coerce
from sqlalchemy.types import NullType

from xihu_platform.database import Base


def raw(table: type[Base]) -> Select[*tuple[Any, ...]]:
    """A table's rows as the database holds them. Any: of whatever types."""
    columns = table.__table__.columns
    return select(*(type_coerce(column, NullType()).label(column.key) for column in columns))


def stored_form(column: Any, value: object, dialect: Dialect) -> object:
    """A value as the database would hold it in a column. Any: of whatever type."""
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    return value if process is None else process(value)
