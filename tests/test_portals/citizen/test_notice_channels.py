"""A citizen's own mailboxes and webhooks: confirmed before they are used."""

from collections.abc import Iterator

import pytest

from tests.province import Province
from tests.test_portals.official.test_request import get, post, words
from xihu_catalog.subscriptions.service import forget_person
from xihu_platform.errors import TransientError
from xihu_platform.notices.channels import get_channel, list_channels_of, sealing_of
from xihu_platform.notices.sending import NoticeSender
from xihu_portals.citizen import notice_channels

PATH = "/my/subscriptions/channels"
ME = "person:p-citizen3"


@pytest.fixture(autouse=True)
def _tidy(province: Province) -> Iterator[None]:
    yield
    forget_person(province.services.node.database, "p-citizen3")


@pytest.fixture
def mailed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The codes that were mailed."""
    codes: list[str] = []
    monkeypatch.setattr(notice_channels, "sends_mail", lambda _visitor: True)
    ask = "ask_to_confirm"
    monkeypatch.setattr(NoticeSender, ask, lambda _, channel: codes.append(channel.secret))
    return codes


def add(province: Province, act: str, address: str) -> int:
    said = [("position", ""), ("act", act), ("address", address)]
    return post(province, "wang", PATH, said).status_code


def test_a_mailbox_is_used_once_its_code_was_typed_in(
    province: Province, mailed: list[str]
) -> None:
    assert "还没有添加" in words(get(province, "wang", PATH))
    assert add(province, "mail", "wang@mail.example") == 303
    (row,) = list_channels_of(province.services.node.database, ME)
    assert row.confirmed_at is None
    said = [("position", ""), ("act", "confirm"), ("channel", row.id)]
    wrong = "00000000" if mailed[0] != "00000000" else "00000001"
    answer = post(province, "wang", PATH, [*said, ("code", wrong)])
    assert answer.status_code == 422 and "确认码不对" in words(answer)
    assert post(province, "wang", PATH, [*said, ("code", mailed[0])]).status_code == 303
    assert "已确认" in words(get(province, "wang", PATH))
    assert mailed[0] not in get(province, "wang", PATH).text


def test_no_one_confirms_or_removes_anothers(province: Province, mailed: list[str]) -> None:
    add(province, "mail", "wang@mail.example")
    (row,) = list_channels_of(province.services.node.database, ME)
    for act in ("confirm", "remove"):
        said = [("position", ""), ("act", act), ("channel", row.id), ("code", mailed[0])]
        assert post(province, "zhao", PATH, said).status_code == 404
    assert "wang@mail.example" not in get(province, "zhao", PATH).text
    assert list_channels_of(province.services.node.database, ME)[0].confirmed_at is None


def test_the_secret_of_a_webhook_is_shown_once(province: Province) -> None:
    said = [("position", ""), ("act", "webhook"), ("address", "https://hooks.example/x")]
    made = post(province, "wang", PATH, said)
    assert made.status_code == 200
    node = province.services.node
    (row,) = list_channels_of(node.database, ME)
    secret = get_channel(node.database, sealing_of(node.keyring), row.id).secret
    assert secret in made.text
    assert secret not in get(province, "wang", PATH).text


@pytest.mark.parametrize(
    ("act", "address"),
    [
        ("mail", "no-address"),
        ("mail", "a@b.example\r\nBcc: c@d.example"),
        ("webhook", "http://plain.example/x"),
        ("webhook", "https://user:pass@hooks.example/x"),
        ("", "wang@mail.example"),
    ],
)
def test_what_is_no_address_is_not_added(
    province: Province, mailed: list[str], act: str, address: str
) -> None:
    assert add(province, act, address) in {404, 422}
    assert (mailed, list_channels_of(province.services.node.database, ME)) == ([], [])


def test_an_inside_webhook_is_not_confirmed(province: Province) -> None:
    add(province, "webhook", "https://127.0.0.1/x")
    (row,) = list_channels_of(province.services.node.database, ME)
    said = [("position", ""), ("act", "confirm"), ("channel", row.id)]
    answer = post(province, "wang", PATH, said)
    assert answer.status_code == 422 and "内部网络" in words(answer)


def test_a_mailbox_that_cannot_be_mailed_to_is_not_kept(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise TransientError("没有收下", "not taken")

    monkeypatch.setattr(notice_channels, "sends_mail", lambda _visitor: True)
    monkeypatch.setattr(NoticeSender, "ask_to_confirm", fails)
    assert add(province, "mail", "wang@mail.example") == 503
    assert list_channels_of(province.services.node.database, ME) == []


def test_where_no_mail_is_sent_none_is_offered(province: Province) -> None:
    shown = get(province, "wang", PATH)
    assert 'value="mail"' not in shown.text and "本站暂不发送邮件" in words(shown)
    said = [("position", ""), ("act", "mail"), ("address", "wang@mail.example")]
    answer = post(province, "wang", PATH, said)
    assert answer.status_code == 422 and "XIHU_" not in answer.text
    assert list_channels_of(province.services.node.database, ME) == []
