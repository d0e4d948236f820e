"""The command group `xihu exchange`: sends granted datasets into their requesters' databases."""

import signal
import sys
from collections.abc import Iterator
from contextlib import closing

import click

from xihu_catalog.exchange.records import (
    Exchange,
    ExchangeBatch,
    exchange_sealing,
    get_exchange,
    list_batches,
    list_exchanges,
    set_password,
)
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node
from xihu_platform.words import Language, Text

STATES = {
    "open": Text("进行中或被中断", "under way, or cut off"),
    "committed": Text("已写入", "arrived"),
    "refused": Text("未获许可，没有写入", "refused, nothing arrived"),
    "failed": Text("失败，没有写入", "failed, nothing arrived"),
}


@click.group()
def exchange() -> None:
    """Batch exchange: send what is due, list what there is, give a password."""


@exchange.command()
@click.argument("number", required=False)
@click.option("--whole", is_flag=True, help="Compare every row of NUMBER and repair the table.")
@click.pass_obj
def run(language: Language, number: str | None, whole: bool) -> None:
    """Send NUMBER, or all that is due; exit code 1 where a batch did not arrive."""
    from xihu_catalog.start import open_catalogue
    from xihu_pipelines.exchange.due import send_due
    from xihu_pipelines.exchange.run import send_batch
    from xihu_platform.access.start import open_gateway

    if whole and number is None:
        raise click.UsageError("--whole needs a NUMBER")
    # A process that is ended deletes the rows that it has spooled.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    node = open_node(Settings())
    bad, sent = 0, False
    with closing(open_gateway(node, open_catalogue(node).policy)) as gateway:
        if number:
            done: Iterator[tuple[str, ExchangeBatch | Text | None]] = iter(
                [(number, send_batch(node, gateway, number, whole=whole))]
            )
        else:
            done = send_due(node, gateway)
        for name, batch in done:
            sent = True
            click.echo(_done_words(name, batch).to(language))
            bad += isinstance(batch, Text) or (batch is not None and batch.state != "committed")
    if not sent:
        click.echo(Text("没有到期的批量交换", "no batch exchange is due").to(language))
    if bad:
        raise SystemExit(1)


@exchange.command("list")
@click.pass_obj
def list_command(language: Language) -> None:
    """Each exchange in force, and its newest batch."""
    node = open_node(Settings())
    found = list_exchanges(node.database)
    for one in found:
        click.echo(f"{one.number}  {one.dataset}  {one.place}  {one.cycle}")
        click.echo(f"  {_last(node, one).to(language)}")
    if not found:
        click.echo(Text("没有批量交换", "there is no batch exchange").to(language))


@exchange.command()
@click.argument("number")
@click.pass_obj
def password(language: Language, number: str) -> None:
    """Give the password of NUMBER's database; it is asked for and never shown."""
    node = open_node(Settings())
    found = get_exchange(node.database, number)
    asked = Text("接收数据库的口令", "Password of the receiving database").to(language)
    given = click.prompt(asked, hide_input=True, confirmation_prompt=True)
    set_password(node.database, exchange_sealing(node.keyring), found, given)
    click.echo(Text("已加密保存", "kept sealed").to(language))


def _last(node: Node, one: Exchange) -> Text:
    if one.password is None:
        return Text("等待口令", "waits for its password")
    batches = list_batches(node.database, one.matter, 1)
    if not batches:
        return Text("还没有送出", "nothing sent yet")
    return _batch_words(one.number, batches[0])


def _done_words(number: str, batch: ExchangeBatch | Text | None) -> Text:
    if isinstance(batch, Text):
        return Text(f"{number}：{batch.zh}", f"{number}: {batch.en}")
    return _batch_words(number, batch)


def _batch_words(number: str, batch: ExchangeBatch | None) -> Text:
    if batch is None:
        return Text(f"{number}：没有变化", f"{number}: nothing has changed")
    state = STATES[batch.state]
    zh = f"{number} 第 {batch.number} 批：{state.zh}"
    en = f"{number} batch {batch.number}: {state.en}"
    if batch.error is not None:
        return Text(f"{zh}。{batch.error.zh}", f"{en}. {batch.error.en}")
    if batch.state != "committed":
        return Text(zh, en)
    zh += f"；新增 {batch.added}，变更 {batch.changed}，删除 {batch.removed}，共 {batch.rows} 行"
    en += f"; {batch.added} added, {batch.changed} changed, {batch.removed} removed, "
    en += f"{batch.rows} rows"
    if batch.repaired is not None:
        zh, en = f"{zh}，修复 {batch.repaired}", f"{en}, {batch.repaired} repaired"
    return Text(zh, en)
