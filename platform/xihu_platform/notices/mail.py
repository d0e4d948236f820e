"""Notices by mail: over TLS, in both languages, without anything of the matter but its number."""

import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit

from xihu_platform.errors import BadInput, TransientError
from xihu_platform.notices.outgoing import WORDS, OutgoingNotice
from xihu_platform.settings import Settings

TIMEOUT_S = 20


def send_mail(settings: Settings, message: EmailMessage, tls: ssl.SSLContext | None = None) -> None:
    """Hand a message to the mail server. `tls`: whom to trust; public authorities if None.

    Raises BadInput where there is no mail server, TransientError where it does not take the mail.
    """
    chosen, context = settings.notices, tls or ssl.create_default_context()
    if chosen.smtp_host is None:
        raise BadInput(
            "没有设置邮件服务器，请设置 XIHU_NOTICES__SMTP_HOST",
            "there is no mail server: set XIHU_NOTICES__SMTP_HOST",
        )
    greeting = urlsplit(settings.base_url).hostname
    try:
        with _connected(settings, greeting, context) as server:
            if chosen.smtp_user is not None and chosen.smtp_password is not None:
                server.login(chosen.smtp_user, chosen.smtp_password.get_secret_value())
            server.send_message(message)
    except (smtplib.SMTPException, OSError):
        raise TransientError(
            "邮件服务器没有收下邮件，请核对 XIHU_NOTICES__ 各项设置，或稍后再试",
            "the mail server did not take the mail: check the settings XIHU_NOTICES__, or try "
            "again later",
        ) from None


def _connected(settings: Settings, greeting: str | None, tls: ssl.SSLContext) -> smtplib.SMTP:
    host, port = settings.notices.smtp_host or "", settings.notices.smtp_port
    if settings.notices.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, local_hostname=greeting, timeout=TIMEOUT_S, context=tls)
    server = smtplib.SMTP(host, port, local_hostname=greeting, timeout=TIMEOUT_S)
    try:
        server.starttls(context=tls)  # raises where the server does not offer it
    except BaseException:
        server.close()
        raise
    return server


def notice_mail(
    settings: Settings, address: str, notice: OutgoingNotice, now: datetime
) -> EmailMessage:
    words = WORDS[notice.what]
    body = (
        f"事项 {notice.number} {words.zh}。请登录后查看：\n{notice.link}\n\n"
        f"Matter {notice.number}: {words.en}. Sign in to see it:\n{notice.link}\n"
    )
    subject = f"{notice.number}：{words.zh} / {words.en}"
    return message_of(settings, address, subject, body, now, f"notice-{notice.key}")


def code_mail(
    settings: Settings, address: str, channel: str, code: str, now: datetime
) -> EmailMessage:
    body = (
        f"有人请求把事项通知发到这个邮箱。确认码：{code}\n\n"
        f"Somebody asks for notices of matters to be sent to this mailbox. The code is {code}\n"
    )
    subject = "确认通知邮箱 / Confirm your mailbox"
    return message_of(settings, address, subject, body, now, f"channel-{channel}")


def message_of(
    settings: Settings, address: str, subject: str, body: str, now: datetime, name: str
) -> EmailMessage:
    """A message of the platform. Raises ValueError for a line break in a header."""
    message = EmailMessage()
    message["From"] = settings.notices.mail_from
    message["To"] = address
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{name}@{urlsplit(settings.base_url).hostname}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday note answers it
    message.set_content(body, cte="base64")  # whatever the servers on its way take
    return message
