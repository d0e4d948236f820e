"""A notice as a mail, as a CloudEvent of a webhook, and as an entry of an Atom feed.

The subject of a mail says nothing of what the subscription is about. Its link of RFC 8058 ends this
one subscription and does nothing else.
"""

import hmac
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from hashlib import sha256
from xml.etree import ElementTree as Xml

from xihu_catalog.formats.clean import clean, one_line
from xihu_catalog.subscriptions.model import Subscription
from xihu_catalog.subscriptions.payload import ComposedNotice, Event
from xihu_platform.notices.mail import message_of
from xihu_platform.notices.webhook import cloud_event
from xihu_platform.settings import Settings
from xihu_platform.vault.keys import Keyring
from xihu_platform.words import Language, Text

ATOM = "http://www.w3.org/2005/Atom"
SUBJECT = Text("您的订阅有新内容", "News of your subscription")
FEED_TITLE = Text("我的订阅", "My subscription")
PATH = "/subscriptions/end"


def end_token(keyring: Keyring, subscription: str) -> str:
    """What ends one subscription, and nothing else; the same in each of its mails."""
    key = keyring.derive("subscription-ends")
    digest = hmac.new(key, subscription.encode(), sha256).hexdigest()
    return f"{subscription}.{digest[:40]}"


def open_end_token(keyring: Keyring, token: str) -> str | None:
    """The subscription that it ends; None for one that was not made here."""
    subscription = token.partition(".")[0]
    made = end_token(keyring, subscription)
    return subscription if hmac.compare_digest(made.encode(), token.encode()) else None


def subscription_mail(
    settings: Settings,
    keyring: Keyring,
    address: str,
    one: Subscription,
    notice: ComposedNotice,
    key: int,
    now: datetime,
) -> EmailMessage:
    base = settings.base_url.rstrip("/")
    way = f"{base}{PATH}/{end_token(keyring, one.id)}"
    parts = [_part(notice, base, language) for language in _both(one.language)]
    parts.append(f"退订 / Unsubscribe: {way}\n")
    subject = f"{SUBJECT.zh} / {SUBJECT.en}"
    message = message_of(settings, address, subject, "\n".join(parts), now, f"subscription-{key}")
    message["List-Unsubscribe"] = f"<{way}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    return message


def _both(first: Language) -> tuple[Language, Language]:
    return ("zh", "en") if first == "zh" else ("en", "zh")


def _part(notice: ComposedNotice, base: str, language: Language) -> str:
    colon = "：" if language == "zh" else ": "
    lines = [f"{notice.what.to(language)}{colon}{one_line(_said(notice.title, language))}"]
    lines += [one_line(line.to(language)) for line in notice.lines]
    lines += [
        f"- {one_line(_said(title, language))} {base}{href}" for href, title in notice.entries
    ]
    verified = {one.row: one.fields for one in notice.disputed}
    lines += [
        "- " + one_line(_row(row, verified.get(place, ()), language))
        for place, row in enumerate(notice.rows)
    ]
    return "\n".join([*lines, f"{base}{notice.href}", ""])


def _row(row: Mapping[str, object], verified: Collection[str], language: Language) -> str:
    mark = Text("（核实中）", " (being verified)").to(language)
    said = (f"{name}: {value}{mark if name in verified else ''}" for name, value in row.items())
    return "; ".join(said)


def _said(text: Text, language: Language) -> str:
    return text.to(language) or text.zh or text.en


def subscription_event(base_url: str, one: Subscription, notice: ComposedNotice, key: int) -> bytes:
    """A CloudEvent; the id is the same at each attempt."""
    base = base_url.rstrip("/")
    data: dict[str, object] = {
        "subscription": one.id,
        "kind": one.kind,
        "title": _said(notice.title, one.language),
        "lines": [line.to(one.language) for line in notice.lines],
        "link": f"{base}{notice.href}",
        "count": notice.count,
        "rows": [dict(row) for row in notice.rows],
        "disputed": [{"row": row.row, "fields": list(row.fields)} for row in notice.disputed],
        "entries": [
            {"link": f"{base}{href}", "title": _said(title, one.language)}
            for href, title in notice.entries
        ],
        "audit_entry": notice.audit_entry,
    }
    return cloud_event(f"subscription-{key}", "subscription", base_url, data, one.id)


def atom_feed(
    base_url: str,
    one: Subscription,
    notice: Iterable[tuple[Event, ComposedNotice]],
    language: Language,
) -> bytes:
    """RFC 4287. The token of the address is not in it: a reader may hand the document on."""
    base = base_url.rstrip("/")
    notices = list(notice)
    root = Xml.Element("feed", {"xmlns": ATOM, "xml:lang": language})
    Xml.SubElement(root, "id").text = f"urn:xihu:subscription:{one.id}"
    Xml.SubElement(root, "title").text = FEED_TITLE.to(language)
    newest = max((event.at for event, _ in notices), default=one.created_at)
    Xml.SubElement(root, "updated").text = _moment(newest)
    author = Xml.SubElement(root, "author")
    Xml.SubElement(author, "name").text = "Xihu"
    for event, said in notices:
        entry = Xml.SubElement(root, "entry")
        Xml.SubElement(entry, "id").text = f"urn:xihu:subscription:{one.id}:{event.id}"
        title = f"{said.what.to(language)}: {one_line(_said(said.title, language))}"
        Xml.SubElement(entry, "title").text = title
        Xml.SubElement(entry, "updated").text = _moment(event.at)
        Xml.SubElement(entry, "link", rel="alternate", type="text/html", href=f"{base}{said.href}")
        lines = _part(said, base, language)
        Xml.SubElement(entry, "content", type="text").text = clean(lines)
    content: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
