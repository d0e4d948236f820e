"""The command group `xihu notice`: by which mailboxes and webhooks notices go outside."""

import click

from xihu_platform.errors import PlatformError
from xihu_platform.notices import channels
from xihu_platform.notices.channels import NoticeChannel
from xihu_platform.notices.sending import NoticeSender
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node
from xihu_platform.words import Language, Text


@click.group()
def notice() -> None:
    """Channels for notices of matters. What goes out is the number of a matter, that something
    happened or is due, and a link behind sign-in."""


@notice.command("add-channel")
@click.argument("recipient")
@click.argument("kind", type=click.Choice(["mail", "webhook"]))
@click.argument("address")
@click.pass_obj
def add_command(language: Language, recipient: str, kind: str, address: str) -> None:
    """Add a channel of RECIPIENT, an organisation's code, a position or system:CLIENT, to ADDRESS.
    It is used once it is confirmed: a mailbox is sent a code, a webhook's secret is printed here,
    once."""
    node, sender = _opened()
    made = channels.add_channel(
        node.database,
        channels.sealing_of(node.keyring),
        recipient,
        "mail" if kind == "mail" else "webhook",
        address,
    )
    try:
        sender.ask_to_confirm(made)
    except PlatformError:
        channels.remove_channel(node.database, made.id)
        raise
    if made.kind == "mail":
        words = Text(
            f"{made.id}：确认码已发到 {address}；收到后运行 xihu notice confirm {made.id} 确认码",
            f"{made.id}: a code was mailed to {address}; then xihu notice confirm {made.id} CODE",
        )
    else:
        words = Text(
            f"{made.id}：签名密钥只显示这一次：{made.secret}\n交给接收方后运行 "
            f"xihu notice confirm {made.id}",
            f"{made.id}: the secret of its signatures, shown this once: {made.secret}\nhand it to "
            f"the receiver, then xihu notice confirm {made.id}",
        )
    click.echo(words.to(language))


@notice.command("list")
@click.pass_obj
def list_command(language: Language) -> None:
    """All channels, by recipient; never their secrets."""
    node, _ = _opened()
    found = channels.list_channels(node.database, channels.sealing_of(node.keyring))
    for one in found:
        click.echo(f"{one.id}  {one.recipient}  {one.kind}  {one.address}  {_state(one, language)}")
    if not found:
        click.echo(Text("没有通知渠道", "there is no channel").to(language))


@notice.command()
@click.argument("channel")
@click.argument("code", default="")
@click.pass_obj
def confirm(language: Language, channel: str, code: str) -> None:
    """Use CHANNEL from now on: a mailbox by the CODE that it was sent, a webhook once it answers a
    challenge with what it was asked."""
    node, sender = _opened()
    found = channels.get_channel(node.database, channels.sealing_of(node.keyring), channel)
    sender.confirm(node.database, found, code)
    click.echo(Text(f"{channel} 已确认", f"{channel} is confirmed").to(language))


@notice.command()
@click.argument("channel")
@click.pass_obj
def remove(language: Language, channel: str) -> None:
    """Remove CHANNEL; what still waits for it is given up."""
    node, _ = _opened()
    channels.remove_channel(node.database, channel)
    click.echo(Text(f"{channel} 已删除", f"{channel} is removed").to(language))


def _opened() -> tuple[Node, NoticeSender]:
    node = open_node(Settings())
    sealing = channels.sealing_of(node.keyring)
    return node, NoticeSender(node.settings, sealing, node.clock)


def _state(channel: NoticeChannel, language: Language) -> str:
    if channel.confirmed_at is None:
        return Text("待确认", "to be confirmed").to(language)
    return Text("使用中", "in use").to(language)
