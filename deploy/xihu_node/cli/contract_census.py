"""What `xihu contract scan` leaves in the application database, and how it is taken out again."""

from collections.abc import Sequence

import click
from sqlalchemy import Engine, inspect

from xihu_catalog.drafting.models import CensusTableRow
from xihu_catalog.drafting.remembered import forget_connection, remember_census
from xihu_catalog.drafting.scan import ScannedColumn
from xihu_platform.clock import system_clock
from xihu_platform.database import open_database
from xihu_platform.errors import Conflict, NotFound
from xihu_platform.settings import Settings
from xihu_platform.words import Language, Text


def remember(
    language: Language,
    settings: Settings,
    connection: str,
    provider: str,
    found: Sequence[ScannedColumn],
) -> None:
    """Where a platform was set up; elsewhere drafts and census are files alone."""
    database = _database(settings)
    if database is None:
        said = Text(
            "这里还没有建立平台数据库，普查结果只在文件中；启动一次平台后再普查，结果会列入“尚未编目”",
            "no platform was set up here: the census is in its file alone. Start the platform "
            "once and scan again, and it is listed as not catalogued",
        )
    else:
        remember_census(database, connection, provider, found, system_clock())
        said = Text(
            f"连接 {connection} 的普查结果已记入平台（只有表名和列名），见 /official/uncatalogued",
            f"the census of {connection} is remembered (names of tables and columns alone): see "
            "/official/uncatalogued",
        )
    click.echo(said.to(language), err=True)


@click.command("forget-census")
@click.argument("connection")
@click.pass_obj
def forget_census(language: Language, connection: str) -> None:
    """Forget what scans found under the name CONNECTION, whose database is no more, say."""
    database = _database(Settings())
    if database is None:
        raise Conflict(
            "这里还没有建立平台数据库，没有记住的普查结果",
            "no platform was set up here: no census is remembered",
        )
    count = forget_connection(database, connection)
    if not count:
        raise NotFound(
            f"没有连接 {connection} 的普查结果", f"no census of a connection {connection} is known"
        )
    said = Text(f"已删除 {count} 张表的普查结果", f"{count} tables are forgotten")
    click.echo(said.to(language))


def _database(settings: Settings) -> Engine | None:
    if settings.database.url is None and not (settings.data_dir / "xihu.db").is_file():
        return None
    database = open_database(settings.database_url)
    return database if inspect(database).has_table(CensusTableRow.__tablename__) else None
