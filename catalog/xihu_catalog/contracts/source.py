"""The file a contract expects: format, encoding and the declared habits of the whole file."""

import codecs
import re
from typing import Annotated, Any, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from xihu_catalog.contracts import model
from xihu_platform.errors import BadInput

_TEXT_FORMATS = {"csv", "tsv", "json", "jsonl", "geojson"}
_HEADED = {"csv", "tsv", "xlsx", "xls", "ods"}


def _one_ascii(value: str) -> str:
    if len(value) != 1 or not value.isascii() or value in "\r\n\0":
        raise ValueError("must be one ASCII character, no line break")
    return value


_Character = Annotated[str, AfterValidator(_one_ascii)]


class _TotalRow(BaseModel):
    model_config = ConfigDict(extra="forbid")
    column: str
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as bad:
            raise ValueError(f"{value} is no regular expression ({bad})") from None
        return value


class _Habits(BaseModel):
    """The custom properties of `servers[0]` that say how the file is decoded."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    encoding: str = "utf-8"
    sheet: str | None = None
    member: str | None = None
    recordPath: str | None = Field(None, min_length=1)
    titleRows: int = Field(0, ge=0, le=100)
    headerRows: int = Field(1, ge=0, le=10)
    blankHeaders: model.Unnamed = "refuse"
    repeatedHeaders: model.Unnamed = "refuse"
    totalRow: _TotalRow | None = None
    delimiter: _Character | None = None
    quote: _Character | None = None
    noQuote: bool = False

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        if value != "auto":
            try:
                codecs.lookup(value)
            except LookupError:
                raise ValueError(f"{value} is no encoding; write `auto` to detect it") from None
        return value

    @model_validator(mode="after")
    def _apart(self) -> "_Habits":
        if self.quote is not None and self.quote == self.delimiter:
            raise ValueError("delimiter and quote must differ")
        return self


def read_source(path: str | None, form: str | None, custom: dict[str, Any]) -> model.Source:
    """The declared source. Raises BadInput, saying what does not hold."""
    formats = get_args(model.SourceFormat)
    if form is None or form not in formats or not path:
        raise BadInput(
            f"servers[0] 须有 path，format 须为 {'、'.join(formats)} 之一",
            f"servers[0] needs a path and a format of {', '.join(formats)}",
        )
    try:
        habits = _Habits.model_validate(custom)
    except ValidationError as invalid:
        said = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'servers[0]'}: "
            f"{e['msg'].removeprefix('Value error, ')}"
            for e in invalid.errors()
        )
        raise BadInput(f"servers[0] 的属性有误：{said}", f"servers[0]: {said}") from None
    _check_format(form, habits)
    total = habits.totalRow
    return model.Source(
        path=path,
        format=form,  # type: ignore[arg-type]  # it is in the list just above
        encoding=habits.encoding,
        sheet=habits.sheet,
        member=habits.member,
        record_path=habits.recordPath,
        title_rows=habits.titleRows,
        header_rows=habits.headerRows,
        blank_headers=habits.blankHeaders,
        repeated_headers=habits.repeatedHeaders,
        total_row=model.TotalRow(total.column, total.pattern) if total else None,
        delimiter=habits.delimiter,
        quote="" if habits.noQuote else habits.quote or '"',
    )


def _check_format(form: str, habits: _Habits) -> None:
    """A habit that the format cannot have is a mistake, not a wish to be passed over."""
    allowed = {
        "encoding": _TEXT_FORMATS,
        "recordPath": {"json"},
        "sheet": {"xlsx", "xls", "ods"},
        "delimiter": {"csv", "tsv"},
        "quote": {"csv", "tsv"},
        "noQuote": {"csv", "tsv"},
        **dict.fromkeys(
            ("titleRows", "headerRows", "blankHeaders", "repeatedHeaders", "totalRow"), _HEADED
        ),
    }
    for name in sorted(habits.model_fields_set & allowed.keys()):
        plain = name == "encoding" and codecs.lookup("utf-8").name == _codec(habits.encoding)
        if form not in allowed[name] and not plain:
            raise BadInput(
                f"{form} 文件没有 {name} 这一属性，请从 servers[0] 中删去",
                f"a {form} file has no {name}: take it out of servers[0]",
            )


def _codec(name: str) -> str:
    return name if name == "auto" else codecs.lookup(name).name
