"""The forms of a page, filled in as a browser would send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

DAY, NUMBER, PHONE = "2026-01-31", "3", "13800001234"
Attributes = list[tuple[str, str | None]]


@dataclass
class PageForm:
    """One form: where it goes, what it would send as it is, and what there is to choose."""

    action: str
    given: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    boxes: dict[str, list[str]] = field(default_factory=dict)
    """Boxes that may be ticked, by their name."""
    made: dict[str, str] = field(default_factory=dict)
    """By the name of an input that takes no words, a day, a telephone or a number."""

    def filled(self, words: str) -> dict[str, str | list[str]]:
        """Whatever is empty gets the first choice, a day, a number or these words; every box is
        ticked."""
        empty = {name for name, value in self.given.items() if not value}
        first = {name: known[0] for name, known in self.choices.items() if name in empty}
        made = {n: self.made.get(n, words) for n in empty - first.keys() if n != "position"}
        return {**self.given, **first, **made, **self.boxes}


def forms_of(page: str) -> list[PageForm]:
    """
    >>> one, = forms_of('<form action="/a"><input name="x" value="1"><textarea name="y"></form>')
    >>> one.action, one.filled("words")
    ('/a', {'x': '1', 'y': 'words'})
    """
    reader = _Reader()
    reader.feed(page)
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._form: PageForm | None = None
        self._select = ""
        self._text = ""

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = PageForm(of.get("action", ""))
            self.forms.append(self._form)
        elif self._form is not None and tag in {"input", "select", "textarea"} and "name" in of:
            self._field(self._form, tag, of)
        elif self._form is not None and tag == "option" and self._select:
            self._choice(self._form, self._select, of["value"], chosen="selected" in of)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        self._select = "" if tag == "select" else self._select
        self._text = "" if tag == "textarea" else self._text

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._text:
            self._form.given[self._text] += data

    def _field(self, form: PageForm, tag: str, of: dict[str, str]) -> None:
        name, kind = of["name"], of.get("type", "text")
        if tag == "select":
            self._select = name
            form.given.setdefault(name, "")
        elif tag == "textarea":
            self._text = name
            form.given[name] = ""
        elif kind == "radio":
            form.given.setdefault(name, "")
            self._choice(form, name, of["value"], chosen="checked" in of)
        elif kind == "checkbox":
            form.boxes.setdefault(name, []).append(of["value"])
        elif kind not in {"file", "submit"}:
            form.given[name] = of.get("value", "")
            if kind == "date":
                form.made[name] = DAY
            elif kind == "tel":
                form.made[name] = PHONE
            elif of.get("inputmode") in {"decimal", "numeric"}:
                form.made[name] = NUMBER

    def _choice(self, form: PageForm, name: str, value: str, *, chosen: bool) -> None:
        if value:
            form.choices.setdefault(name, []).append(value)
        if chosen:
            form.given[name] = value
