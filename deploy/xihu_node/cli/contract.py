"""The command group `xihu contract`: infer, scan, export, import, lint and diff."""

import codecs
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from xihu_catalog.contracts.diff import ContractChange, compare, reader_words
from xihu_catalog.contracts.folders import contract_folders
from xihu_catalog.contracts.headers import ContractRow
from xihu_catalog.contracts.lint import lint_all
from xihu_catalog.contracts.load import NAME, load_contract, parse_contract
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.store import PATTERN, ContractStore
from xihu_catalog.contracts.unconfirmed import TO_CONFIRM
from xihu_catalog.drafting.census import write_census
from xihu_catalog.drafting.draft import Draft, SourceDraft, check_provider, department_of
from xihu_catalog.drafting.guess import FieldDraft
from xihu_catalog.drafting.infer import infer as infer_fields
from xihu_catalog.drafting.profile import prepare, profile
from xihu_catalog.drafting.scan import Place, ScannedColumn
from xihu_catalog.drafting.scan import scan as scan_database
from xihu_catalog.drafting.terms import Element, dataset_name, known_elements
from xihu_catalog.sheets.export import export_table
from xihu_catalog.sheets.importing import import_table
from xihu_node.cli.contract_census import forget_census, remember
from xihu_node.cli.contract_versions import versions_command
from xihu_node.cli.progress import counting, spinning
from xihu_pipelines.drafting.files import TABLE, open_unknown, source_draft
from xihu_pipelines.drafting.layout import AskedLayout
from xihu_pipelines.sources.remote.connections import (
    Connection,
    find_connection,
    parse_url,
    said_without_secrets,
)
from xihu_pipelines.sources.remote.engines import opened_engine
from xihu_platform.audit.uses import UserOrganisation, users_of
from xihu_platform.database import open_database
from xihu_platform.errors import BadInput, Conflict, TransientError
from xihu_platform.settings import Settings
from xihu_platform.words import Language, Text

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_new = click.Path(dir_okay=False, path_type=Path)


@click.group()
def contract() -> None:
    """Contracts: draft, scan, export, import, check and compare them."""


contract.add_command(versions_command)
contract.add_command(forget_census)


def _say(language: Language, zh: str, en: str) -> None:
    """Beside what is printed, so that a draft can be piped away."""
    click.echo(Text(zh, en).to(language), err=True)


def _known(settings: Settings) -> dict[str, bytes]:
    """The registry's contracts, and those published here in their place, as they were handed in.

    Nothing is made or changed: a contract can be drafted where no platform was set up.
    """
    files = sorted(contract_folders(settings)[0].glob(PATTERN))
    known = {path.name.removesuffix(PATTERN[1:]): path.read_bytes() for path in files}
    if settings.database.url is not None or (settings.data_dir / "xihu.db").is_file():
        database = open_database(settings.database_url)
        if inspect(database).has_table(ContractRow.__tablename__):
            known |= ContractStore(database).published()
    return known


def _contracts(settings: Settings) -> dict[str, Contract]:
    return {
        name: parse_contract(content, f"{name}{PATTERN[1:]}")
        for name, content in _known(settings).items()
    }


def _elements(settings: Settings) -> dict[str, Element]:
    """The data elements of the contracts known here."""
    return known_elements(_contracts(settings).values())


@contract.command()
@click.argument("file", type=_file)
@click.option("--output", "-o", type=_new, help="Where to write the draft; else it is printed.")
@click.option("--provider", help="The department's USCC, if it is known already.")
@click.option("--id", "dataset", help="The dataset's id; made from the file's name if not given.")
@click.option("--title", help="The dataset's Chinese name; the file's name if not given.")
@click.option("--encoding", help="A text file's encoding: gb18030, big5, cp1252 …")
@click.option("--sheet", help="The worksheet of a workbook.")
@click.option("--member", help="The file inside a zip archive.")
@click.option("--record-path", help="Names joined by dots that lead to the array of a JSON file.")
@click.option("--header-rows", type=click.IntRange(0, 10), help="Rows of the header; 0: none.")
@click.option("--delimiter", help="What separates the columns of a text file; \\t is a tab.")
@click.pass_obj
def infer(
    language: Language,
    /,
    file: Path,
    output: Path | None,
    provider: str | None,
    dataset: str | None,
    title: str | None,
    **said: Any,
) -> None:
    """Draft a contract for FILE from all of its rows; every guess says why it was made.

    The header and the separator are looked for in the first 1,000 lines.
    """
    # Any: click gives a text or a number for each option.
    check_provider(provider)
    _check_id(dataset)
    _refuse_existing(output)
    elements = _elements(Settings())
    with spinning(Text("通读文件", "Reading the file").to(language)):
        fields, source, rows = draft_file(file, elements, _asked(**said))
    stem = title or file.stem.split("_", 1)[-1]
    name = dataset or _dataset_id(provider, file.stem, stem)
    draft = Draft(name, stem, fields, source, provider)
    if output is None:
        click.echo(draft.text, nl=False)
    else:
        output.write_text(draft.text, encoding="utf-8")
    _summary(language, fields, rows)
    for note in source.notes:
        _say(language, f"注意：{note.zh}", f"Note: {note.en}")
    if output is not None:
        _say(language, f"草稿已写入 {output}", f"The draft is in {output}")


def _asked(**said: Any) -> AskedLayout:
    """The options as said. Any: click gives a text or a number for each."""
    if said["encoding"] is not None:
        try:
            codecs.lookup(said["encoding"])
        except LookupError:
            raise BadInput(
                f"没有名为 {said['encoding']} 的编码，请核对 --encoding",
                f"there is no encoding {said['encoding']}: check --encoding",
            ) from None
    delimiter = said["delimiter"]
    if delimiter is not None:
        delimiter = said["delimiter"] = "\t" if delimiter in {"\\t", "tab"} else delimiter
        if len(delimiter) != 1 or not delimiter.isascii():
            raise BadInput(
                "--delimiter 应为一个 ASCII 字符，制表符写作 \\t",
                "--delimiter is one ASCII character; a tab is written \\t",
            )
    return AskedLayout(**said)


def draft_file(
    file: Path, elements: Mapping[str, Element], asked: AskedLayout | None = None
) -> tuple[tuple[FieldDraft, ...], SourceDraft, int]:
    """The drafted fields and source of a file, and its rows. Raises BadInput."""
    with open_unknown(file, asked) as (connection, layout):
        prepare(connection)
        counted = profile(connection, TABLE, layout.headers)
        fields = infer_fields(counted, elements, declared=layout.declared)
    return fields, source_draft(layout), counted.rows


def _refuse_existing(path: Path | None) -> None:
    if path is not None and path.exists():
        raise Conflict(
            f"{path} 已经存在，不会覆盖；请换一个文件名",
            f"{path} exists and is not written over: choose another name",
        )


def _check_id(dataset: str | None) -> None:
    if dataset is not None and not NAME.fullmatch(dataset):
        raise BadInput(
            f"--id“{dataset}”只能用小写字母、数字和下划线，以字母开头，如 mz_meal_places",
            f"--id “{dataset}” may hold lower-case letters, digits and _ only, a letter first: "
            "mz_meal_places, say",
        )


def _dataset_id(provider: str | None, stem: str, title: str) -> str:
    """`<department>_<noun>`; the prefix a file name already has is kept."""
    noun = dataset_name(title)
    prefix = department_of(provider)
    head = stem.split("_", 1)[0]
    if prefix is None and "_" in stem and head.isascii() and head.islower():
        prefix = head
    return f"{prefix}_{noun}"[:63] if prefix else noun


def _summary(language: Language, fields: tuple[FieldDraft, ...], rows: int) -> None:
    """The draft at a glance: a line for each field, its grade and what it is taken for."""
    _say(
        language,
        f"{rows:,} 行，{len(fields)} 个字段。以下都是猜测，请逐项核对：",
        f"{rows:,} rows, {len(fields)} fields. All of this is guessed; check each:",
    )
    for f in fields:
        marks = [
            "key" if f.key_position else "required" if f.required else "",
            f.identifier or "",
            f.protect or "",
            f"codes:{f.code_list}" if f.code_list else "",
            *f.roles,
        ]
        noted = " ".join(m for m in marks if m)
        click.echo(f"  {f.grade}  {f.type:<14} {f.name:<28} {f.title}  {noted}".rstrip(), err=True)
    _say(
        language,
        "待确认（TO CONFIRM）：领域、摘要、使用条件、资源代码、提供方、更新周期、共享、开放、"
        "保密。",
        "TO CONFIRM: topic, summary, conditions, resource code, provider, update cycle, sharing, "
        "opening, secrecy.",
    )


@contract.command()
@click.argument("files", nargs=-1, required=True, type=_file)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def lint(language: Language, files: tuple[Path, ...], as_json: bool) -> None:
    """Everything wrong with FILES, with advice; exit code 1 when there is an error."""
    known = _known(Settings())

    def find(dataset: str) -> Contract | None:
        content = known.get(dataset)
        return parse_contract(content, f"{dataset}{PATTERN[1:]}") if content else None

    remarks = lint_all(list(files), find)
    errors = sum(r.level == "error" for r in remarks)
    if as_json:
        found = [
            {
                "file": r.file,
                "line": r.line,
                "level": r.level,
                "code": r.code,
                "zh": r.text.zh,
                "en": r.text.en,
            }
            for r in remarks
        ]
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        for remark in remarks:
            click.echo(remark.to(language))
        _say(
            language,
            f"{len(files)} 份契约：{errors} 处错误，{len(remarks) - errors} 条建议",
            f"{len(files)} contracts: {errors} errors, {len(remarks) - errors} pieces of advice",
        )
    if errors:
        raise SystemExit(1)


@contract.command()
@click.argument("old", type=_file)
@click.argument("new", type=_file)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def diff(language: Language, old: Path, new: Path, as_json: bool) -> None:
    """What NEW changes against OLD and who reads it now; exit code 1 when readers break."""
    before, after = load_contract(old), load_contract(new)
    changes = compare(before, after)
    readers = _readers(before.dataset)
    if as_json:
        click.echo(json.dumps(_difference(changes, readers), ensure_ascii=False, indent=1))
    else:
        _print_difference(language, changes, readers)
    if any(c.effect == "breaks" for c in changes):
        raise SystemExit(1)


def _readers(dataset: str) -> list[UserOrganisation]:
    """Who reads it, by the audit log; nobody where no platform was set up here."""
    settings = Settings()
    if settings.database.url is None and not (settings.data_dir / "xihu.db").is_file():
        return []
    try:
        return users_of(open_database(settings.database_url), dataset)
    except SQLAlchemyError:
        raise TransientError(
            "应用数据库打不开，无法列出现有读者",
            "the application database does not open: readers cannot be listed",
        ) from None


def _difference(
    changes: list[ContractChange], readers: list[UserOrganisation]
) -> dict[str, object]:
    return {
        "changes": [
            {"effect": c.effect, "field": c.where, "zh": c.text.zh, "en": c.text.en}
            for c in changes
        ],
        "readers": [
            {"organisation": r.organisation, "reads": r.reads, "last_at": r.last_at.isoformat()}
            for r in readers
        ],
    }


def _print_difference(
    language: Language, changes: list[ContractChange], readers: list[UserOrganisation]
) -> None:
    for change in changes:
        click.echo(change.to(language))
    if not changes:
        click.echo(Text("两份契约没有差别", "the two contracts do not differ").to(language))
    if not any(c.effect in {"breaks", "closes"} for c in changes):
        return
    _say(language, "现有读者：", "Read now by:")
    for reader in readers:
        click.echo(f"  {reader_words(reader).to(language)}", err=True)
    if not readers:
        _say(language, "  日志中尚无读者", "  the log shows no reader yet")


@contract.command("export")
@click.argument("files", nargs=-1, type=_file)
@click.option("--output", "-o", type=_new, required=True, help="The Excel file to write.")
@click.pass_obj
def export_command(language: Language, files: tuple[Path, ...], output: Path) -> None:
    """Write the 编制指南 table of FILES; of every contract of the catalogue if none is named."""
    _refuse_existing(output)
    known = {f"{name}{PATTERN[1:]}": text for name, text in _known(Settings()).items()}
    count = export_table({p.name: p.read_bytes() for p in files} or known, output)
    _say(
        language,
        f"{count} 个信息资源已写入 {output}",
        f"{count} resources are written to {output}",
    )


@contract.command("import")
@click.argument("table", type=_file)
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.pass_obj
def import_command(language: Language, table: Path, folder: Path) -> None:
    """Make contracts of a 编制指南 TABLE in FOLDER; what is undecided stands as TO CONFIRM."""
    made = import_table(table)
    folder.mkdir(parents=True, exist_ok=True)
    for name in made:
        _refuse_existing(folder / name)
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    drafts = sum(TO_CONFIRM in text for text in made.values())
    _say(
        language,
        f"{len(made)} 份契约已写入 {folder}，其中 {drafts} 份还有待确认之处",
        f"{len(made)} contracts are in {folder}; {drafts} of them still have something to confirm",
    )


@contract.command()
@click.argument("database")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option(
    "--census", type=_new, help="The census table, .xlsx or .csv; in FOLDER if not given."
)
@click.option("--provider", help="The department's USCC; compulsory with a connection's name.")
@click.pass_obj
def scan(
    language: Language, database: str, folder: Path, census: Path | None, provider: str | None
) -> None:
    """Draft a contract for every table of DATABASE that none covers, and write a census.

    DATABASE is the name of a connection in the settings, or a URL: postgresql://, mysql:// or
    sqlite:///FILE. What is found under a connection's name is remembered, in place of its census
    before: /official/uncatalogued lists the tables that no contract covers.
    """
    check_provider(provider)
    settings = Settings()
    target = census or folder / "census.xlsx"
    _refuse_existing(target)
    typed = "://" in database
    connection = parse_url(database) if typed else _named(settings, database, provider)
    named = TO_CONFIRM if typed else database  # a draft never holds the URL
    place = Place(connection.kind, named, department_of(provider), provider)
    contracts = list(_contracts(settings).values())
    with (
        said_without_secrets(connection),
        opened_engine(connection, settings.remote, typed=typed) as engine,
        counting(Text("普查数据库", "Scanning the database").to(language)) as tell,
    ):
        found = scan_database(engine, place, contracts, tell)
    _write_drafts(found, folder)
    write_census(found, target)
    _census_summary(language, found, folder, target)
    if not typed and provider is not None:
        remember(language, settings, database, provider, found)


def _named(settings: Settings, name: str, provider: str | None) -> Connection:
    if provider is None:
        raise BadInput(
            "按名称使用连接时须以 --provider 写明它所属的部门",
            "with a connection's name --provider must say whose it is",
        )
    return find_connection(settings, name, provider)


def _write_drafts(found: list[ScannedColumn], folder: Path) -> None:
    """Existing files stay: a steward may have worked on them since the last census."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in found:
        if each.draft is None or each.covered_by is not None:
            continue
        target = folder / each.draft.file_name
        if not target.exists():
            target.write_text(each.draft.text, encoding="utf-8")


def _census_summary(
    language: Language, found: list[ScannedColumn], folder: Path, target: Path
) -> None:
    uncovered = [f for f in found if f.covered_by is None]
    personal = sum(bool(f.personal) for f in uncovered)
    failed = sum(bool(f.fault) for f in found)
    _say(
        language,
        f"{len(found)} 张表：{len(found) - len(uncovered)} 张已有契约，{len(uncovered)} 张没有"
        f"（其中 {personal} 张疑似含个人信息），{failed} 张读取失败\n"
        f"草稿在 {folder}（已有的文件不覆盖），普查表在 {target}",
        f"{len(found)} tables: {len(found) - len(uncovered)} covered by a contract, "
        f"{len(uncovered)} by none ({personal} of them with likely personal data), "
        f"{failed} could not be read\n"
        f"drafts are in {folder} (existing files stay), the census in {target}",
    )
