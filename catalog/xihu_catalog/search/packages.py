"""Stored entries as CKAN's queries ask for them: the fields of their documents in the index.

Values are compared as they are, in the order of their characters. Where many entries are sorted,
integers made of the first characters order most of them, because that takes no memory for each.
"""

import re
from datetime import UTC, datetime, timedelta

import orjson
import tantivy

from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.package_records import (
    EXTRAS,
    PackageGroup,
    package_record,
)
from xihu_catalog.formats.ckan import ckan_tag
from xihu_platform.words import Language, Text

SORT_TEXT = 1_000
"""Characters of a title by which it is sorted."""
ONE = ("id", "name", "organization", "owner_org", "groups", "license_id", "version", "url")
SEVERAL = ("tags", "res_format", "title_string", "res_name", "res_url")
FIELDS = frozenset({*ONE, *SEVERAL, *EXTRAS})
"""Fields whose values are compared as they are."""
WORDS = ("title", "notes")
MOMENTS = {"metadata_modified": "ckan_modified", "metadata_created": "ckan_created"}
PARTS = {"id": 1, "name": 6, "title_zh": 2, "title_en": 2}
"""How many integers of eight bytes order a text before the text itself does."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WORD = re.compile(r"[^\W_]+(?:_[^\W_]+)*|_")
_HAN = re.compile("([\u3400-\u9fff])")
Values = dict[str, str | list[str] | int]
SortKey = tuple[str, bool]
"""A field of the index, and whether the greatest comes first."""
VALUES_OF, TEXT_OF, TITLE_OF, PART_OF = "values:", "text:", "title:", "part:"
"""Before a field: it has few values; its text, or a title, decides what the parts have not."""


def index_keys(field: str, language: Language, *, descending: bool) -> list[SortKey]:
    """What orders entries by a field; nothing for one that no entry has."""
    if field == "score":
        return [("score", descending)]
    if field in MOMENTS:
        return [(MOMENTS[field], descending)]
    if field in {"title", "title_string"}:
        name = f"title_{language}"
        return [*_in_parts(name, descending), (f"{TITLE_OF}{field_name(name)}", descending)]
    if field in PARTS:
        return [*_in_parts(field, descending), (f"{TEXT_OF}{field_name(field)}", descending)]
    if field in FIELDS and field not in SEVERAL:
        return [(f"{VALUES_OF}{field_name(field)}", descending)]
    return []


def _in_parts(name: str, descending: bool) -> list[SortKey]:
    return [(f"{PART_OF}ckan_{name}_{number}", descending) for number in range(PARTS[name])]


def solr_words(text: str) -> list[str]:
    """Words in lower case; of Chinese each character, so that a term finds them in their order.

    >>> solr_words("Air质量-2"), solr_words("fg_penalties")
    (['air', '质', '量', '2'], ['fg_penalties'])
    """
    return _WORD.findall(_HAN.sub(r" \1 ", text.casefold()))


def words_of(text: Text) -> list[str]:
    """Of both languages, one behind the other."""
    return solr_words(f"{text.zh} | {text.en}")


def field_name(field: str) -> str:
    """As the index has it.

    >>> field_name("spatial-text")
    'ckan_spatial_text'
    """
    return f"ckan_{field.replace('-', '_')}"


def add_package_fields(builder: tantivy.SchemaBuilder) -> None:
    for name in sorted(FIELDS):
        builder.add_text_field(field_name(name), tokenizer_name="raw", fast=True)
    for name in ("title_zh", "title_en", "organization_key", "group_key"):
        builder.add_text_field(field_name(name), tokenizer_name="raw", fast=True)
    for name in ("res_id", "tag_id", "title_fold", "res_name_fold", "res_url_fold"):
        builder.add_text_field(field_name(name), tokenizer_name="raw")
    for name in WORDS:
        builder.add_text_field(field_name(f"{name}_words"), tokenizer_name="whitespace")
    for name in MOMENTS.values():
        builder.add_integer_field(name, indexed=True, fast=True)
    for name, count in PARTS.items():
        for number in range(count):
            builder.add_unsigned_field(f"ckan_{name}_{number}", indexed=True, fast=True)


def add_package_values(document: tantivy.Document, facts: EntryFacts) -> None:
    for name, value in package_fields(facts).items():
        if isinstance(value, int):
            signed = name in MOMENTS.values()
            (document.add_integer if signed else document.add_unsigned)(name, value)
            continue
        for one in (value,) if isinstance(value, str) else value:
            document.add_text(name, one)


def package_fields(facts: EntryFacts) -> Values:
    record = package_record(facts)
    found: Values = {
        field_name(name): [one for one in record.every(name) if one] for name in FIELDS
    }
    titles = {"title_zh": record.title.zh[:SORT_TEXT], "title_en": record.title.en[:SORT_TEXT]}
    found |= {field_name(name): f" {title}" for name, title in titles.items()}
    found |= {
        "ckan_organization_key": _key_of(record.organisation),
        "ckan_group_key": _key_of(record.topic) if record.topic else [],
        "ckan_res_id": [one.id for one in record.resources],
        "ckan_tag_id": [str(ckan_tag(one)["id"]) for one in record.tags],
        "ckan_title_fold": both(record.title),
        "ckan_res_name_fold": [both(one.name) for one in record.resources],
        "ckan_res_url_fold": [one.url.casefold() for one in record.resources if one.url],
        "ckan_title_words": " ".join(words_of(record.title)),
        "ckan_notes_words": " ".join(words_of(record.notes)),
        "ckan_modified": microseconds(record.modified),
        "ckan_created": microseconds(record.created),
    }
    texts = {"id": record.id.replace("-", ""), "name": record.name, **titles}
    for name, count in PARTS.items():
        for number, part in enumerate(_parts(name, texts[name], count)):
            found[f"ckan_{name}_{number}"] = part
    return found


def both(text: Text) -> str:
    """In which a person's letters are looked for, in any case."""
    return f"{text.zh}\n{text.en}".casefold()


def _key_of(group: PackageGroup) -> str:
    return orjson.dumps([group.id, group.name, group.title.zh, group.title.en]).decode()


def group_of(key: str) -> PackageGroup:
    identity, name, zh, en = orjson.loads(key)
    return PackageGroup(identity, name, Text(zh, en))


def microseconds(moment: datetime) -> int:
    """Since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _parts(name: str, text: str, count: int) -> list[int]:
    """In the order of the text's characters.

    >>> _parts("name", "a", 1) < _parts("name", "ab", 1) < _parts("name", "b", 1)
    True
    """
    if name == "id":
        return [int(text[:16], 16)]
    content = text.encode()[: 8 * count].ljust(8 * count, b"\0")
    return [int.from_bytes(content[8 * n : 8 * n + 8]) for n in range(count)]
