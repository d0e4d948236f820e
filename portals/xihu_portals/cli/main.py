"""The command line `xihu`: its own commands and those that other floors register."""

import locale
import sys
from importlib.metadata import entry_points

import click
from pydantic import ValidationError

from xihu_platform.errors import PlatformError
from xihu_platform.identity.commands import identity
from xihu_platform.words import LANGUAGES, Language
from xihu_portals.cli.audit import audit
from xihu_portals.cli.commands import doctor, query, relocate_command, run, search


def _default_language() -> Language:
    return "en" if (locale.getlocale()[0] or "").startswith("en") else "zh"


@click.group(help="Xihu 西湖: an integrated public-data platform.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of what is printed: zh or en.")
@click.pass_context
def xihu(context: click.Context, lang: Language | None) -> None:
    context.obj = lang or _default_language()


for _command in (run, doctor, query, search, audit, identity, relocate_command):
    xihu.add_command(_command)


def main() -> None:
    """Errors of ours are said in words; a fault in the program alone shows a trace."""
    for point in entry_points(group="xihu.commands"):
        xihu.add_command(point.load(), point.name)
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
