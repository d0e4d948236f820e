"""`xihu notice`: channels are added, confirmed, listed and removed; a secret is shown once."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.certificates import certificate
from tests.test_platform.notices.receivers import WebhookServer, mail_server
from xihu_node.cli import notice as module
from xihu_node.cli.notice import notice
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound, TransientError
from xihu_platform.identity.models import OrganisationRow
from xihu_platform.notices.channels import list_channels, sealing_of
from xihu_platform.notices.sending import NoticeSender
from xihu_platform.start import Node
from xihu_platform.words import Language

OFFICE = "11330000000000001A"
HOOK = "https://hooks.example/xihu"


@pytest.fixture(autouse=True)
def _here(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIHU_DATA_DIR", str(node.settings.data_dir))
    with transaction(node.database) as session:
        session.add(
            OrganisationRow(
                uscc=OFFICE, code="01", name_zh="局", name_en="office", region="33", kind="x"
            )
        )


def run(*words: str, language: Language = "en") -> Result:
    return CliRunner().invoke(notice, words, obj=language, catch_exceptions=False)


def test_a_webhook_from_its_secret_to_its_removal(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = WebhookServer(echoes=True)

    def through_the_test(*given: object) -> NoticeSender:
        return NoticeSender(*given, connect=server.connect)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "NoticeSender", through_the_test)
    said = run("add-channel", OFFICE, "webhook", HOOK).output
    (made,) = list_channels(node.database, sealing_of(node.keyring))
    assert said.startswith(f"{made.id}: ") and made.secret in said
    listed = run("list").output
    assert listed == f"{made.id}  {OFFICE}  webhook  {HOOK}  to be confirmed\n"
    assert run("confirm", made.id).output == f"{made.id} is confirmed\n"
    assert run("list", language="zh").output.endswith("使用中\n")
    assert made.secret not in run("list").output
    assert run("remove", made.id).output == f"{made.id} is removed\n"
    assert run("list").output == "there is no channel\n"
    with pytest.raises(NotFound):
        run("confirm", made.id)


def test_a_mailbox_by_its_code(node: Node, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with mail_server(certificate(tmp_path, "localhost")) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.pem))  # as an operator trusts their own
        for name, value in {
            "SMTP_HOST": "localhost",
            "SMTP_PORT": str(server.port),
            "SMTP_SECURITY": "tls",
            "MAIL_FROM": "no-reply@xihu.example",
        }.items():
            monkeypatch.setenv(f"XIHU_NOTICES__{name}", value)
        said = run("add-channel", OFFICE, "mail", "office@example.cn", language="zh").output
    assert len(server.mails) == 1 and "确认码已发到 office@example.cn" in said
    (made,) = list_channels(node.database, sealing_of(node.keyring))
    assert made.secret not in said
    with pytest.raises(BadInput):
        run("confirm", made.id, "12")
    assert run("confirm", made.id, made.secret).exit_code == 0
    assert re.search("in use$", run("list").output)


def test_a_mailbox_that_no_code_can_be_sent_to_is_not_added(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match="SMTP_HOST"):
        run("add-channel", OFFICE, "mail", "office@example.cn")
    monkeypatch.setenv("XIHU_NOTICES__SMTP_HOST", "localhost")
    monkeypatch.setenv("XIHU_NOTICES__SMTP_PORT", "1")
    monkeypatch.setenv("XIHU_NOTICES__MAIL_FROM", "no-reply@xihu.example")
    with pytest.raises(TransientError):
        run("add-channel", OFFICE, "mail", "office@example.cn")
    assert list_channels(node.database, sealing_of(node.keyring)) == []
