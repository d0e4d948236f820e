"""The command line `xihu`: every command, each group in a file of its own."""

import locale
import sys

import click
from pydantic import ValidationError

from xihu_node.cli.audit import audit
from xihu_node.cli.commands import doctor, query, relocate_command, run, search
from xihu_node.cli.contract import contract
from xihu_node.cli.data import generate, load, publish
from xihu_node.cli.identity import identity
from xihu_node.cli.ingest import airflow, ingest
from xihu_node.cli.maintain import erase, maintain
from xihu_node.cli.rotate import rotate
from xihu_platform.errors import PlatformError
from xihu_platform.words import LANGUAGES, Language


def _default_language() -> Language:
    return "en" if (locale.getlocale()[0] or "").startswith("en") else "zh"


@click.group(help="Xihu 西湖: an integrated public-data platform.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of what is printed: zh or en.")
@click.pass_context
def xihu(context: click.Context, lang: Language | None) -> None:
    context.obj = lang or _default_language()


for _command in (
    *(run, doctor, query, search, audit, identity, relocate_command),
    *(load, publish, generate, contract, ingest, airflow, maintain, erase, rotate),
):
    xihu.add_command(_command)


def main() -> None:
    """Errors of ours are said in words; a fault in the program alone shows a trace."""
    language = _language_of(sys.argv)
    try:
        xihu(standalone_mode=True)
    except PlatformError as error:
        click.echo(error.text.to(language), err=True)
        sys.exit(1)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        click.echo(f"XIHU_…: {faults}", err=True)
        sys.exit(2)


def _language_of(arguments: list[str]) -> Language:
    for language in LANGUAGES:
        if f"--lang={language}" in arguments or (
            "--lang" in arguments and arguments[arguments.index("--lang") + 1 :][:1] == [language]
        ):
            return language
    return _default_language()
