"""Downloads for people: headers in words with units, names next to codes."""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from xihu_catalog.contracts.model import Contract, Field
from xihu_catalog.registry.codes import code_list, divisions, place_name
from xihu_platform.access.answers import Stream
from xihu_platform.access.disputed import DISPUTED
from xihu_platform.access.formats import Format, chunks
from xihu_platform.access.sheet import Notes
from xihu_platform.words import Language, Text

BOM = b"\xef\xbb\xbf"  # without it, Excel on Windows reads UTF-8 as GBK
VERIFIED = Text("核实中的数据项", "Being verified")
"""Over the column that names the fields of a record that are being verified."""
_NAME_OF = Text("{title}名称", "{title}, name")


def people_chunks(
    stream: Stream, form: Format, notes: Notes, contract: Contract, language: Language
) -> Iterator[bytes]:
    """The bytes of a CSV or Excel file. Closing the iterator early closes the read."""
    worded = replace(stream, batches=_worded(stream.batches, contract, language))
    if form == "csv":
        yield BOM
    yield from chunks(worded, form, replace(notes, titles={}))


def _worded(
    batches: Iterator[pa.RecordBatch], contract: Contract, language: Language
) -> Iterator[pa.RecordBatch]:
    try:
        for batch in batches:
            yield _translated(batch, contract, language)
    finally:
        close = getattr(batches, "close", None)
        if close is not None:
            close()


def _translated(batch: pa.RecordBatch, contract: Contract, language: Language) -> pa.RecordBatch:
    columns: list[pa.Array] = []
    titles: list[str] = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        field = contract.field(name)
        title = _title(field, language) if field else name
        if name == DISPUTED:
            title, column = VERIFIED.to(language), _titled(column, contract, language)
        columns.append(column)
        titles.append(title)
        names = _names(field, language) if field and pa.types.is_string(column.type) else None
        if names is not None:
            columns.append(_looked_up(column, names))
            titles.append(_NAME_OF.to(language).format(title=title))
    return pa.RecordBatch.from_arrays(columns, names=titles)


def _titled(column: pa.Array, contract: Contract, language: Language) -> pa.Array:
    """The names of fields as their titles: each distinct text once."""
    import pyarrow.compute as pc

    distinct = column.unique().drop_null()
    between = "、" if language == "zh" else ", "
    titles = {field.name: field.title.to(language) for field in contract.fields}
    said = [between.join(titles[one] for one in text.split()) for text in distinct.to_pylist()]
    return pa.array(said, pa.string()).take(pc.index_in(column, value_set=distinct))


def _title(field: Field, language: Language) -> str:
    title = field.title.to(language)
    if field.unit is None:
        return title
    unit = field.unit.to(language)
    return f"{title}（{unit}）" if language == "zh" else f"{title} ({unit})"


def _names(field: Field, language: Language) -> dict[str, str] | None:
    if field.code_list is None:
        return None
    if field.code_list == "divisions":
        shown = {code: place_name(code) for code in divisions()}
        return {code: name.to(language) for code, name in shown.items() if name}
    return {code: name.to(language) for code, name in code_list(field.code_list).items()}


def _looked_up(column: pa.Array, names: dict[str, str]) -> pa.Array:
    """Each code's name; a code that the list lacks keeps an empty cell."""
    import pyarrow.compute as pc

    codes = pa.array(list(names), column.type)
    return pa.array(list(names.values()), pa.string()).take(pc.index_in(column, value_set=codes))
