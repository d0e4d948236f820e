"""What may be attached: told by content, whole, not too large, and passive."""

import random
import zlib

import pytest

from tests.test_platform.files.made import CATALOG, PAGE, jpeg, pdf, png
from xihu_platform.errors import BadInput, TooLarge
from xihu_platform.files.check import SIZE_LIMIT, check_file

RUNS = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"


def opens(action: bytes) -> bytes:
    return b"<< /Type /Catalog /Pages 2 0 R /OpenAction %s >>" % action


ACTIVE = {
    "a script when it is opened": pdf(opens(RUNS)),
    "its name written otherwise": pdf(opens(b"<< /S /J#61vaScript /J#53 (x) >>")),
    "the action elsewhere": pdf(opens(b"4 0 R"), RUNS),
    "only the name of the action elsewhere": pdf(opens(b"<< /S 4 0 R >>"), b"/Launch"),
    "packed and pressed": pdf(opens(b"50 0 R"), packed={50: b"<< /S /JavaScript /JS (x) >>"}),
    "packed, its short key alone": pdf(opens(b"50 0 R"), packed={50: b"<< /S /X /JS (x) >>"}),
    "a program": pdf(opens(b"<< /S /Launch /F (cmd.exe) >>")),
    "another file opened": pdf(opens(b"<< /S /GoToR /F (//server/x.pdf) /D [0] >>")),
    "a form sent": pdf(opens(b"<< /S /SubmitForm /F (http://x) >>")),
    "on every page": pdf(page=PAGE[:-2] + b"/AA << /O 4 0 R >> >>"),
    "a name tree": pdf(CATALOG[:-2] + b"/Names << /JavaScript << /Names [(a) 4 0 R] >> >> >>"),
    "a file inside": pdf(CATALOG[:-2] + b"/Names << /EmbeddedFiles 4 0 R >> >>", b"<< >>"),
    "a file pinned to the page": pdf(
        page=PAGE[:-2] + b"/Annots [<< /Subtype /FileAttachment /FS 4 0 R >>] >>"
    ),
    "a form of XML": pdf(CATALOG[:-2] + b"/AcroForm << /XFA 4 0 R /Fields [] >> >>"),
    "a film": pdf(page=PAGE[:-2] + b"/Annots [<< /Subtype /RichMedia >>] >>"),
    "an object that no table names": pdf() + b"9 0 obj\n<< /S /JavaScript /JS (x) >>\nendobj\n",
    "a later version of the catalogue": pdf()
    + b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /Launch >> >>\nendobj\n",
}


@pytest.mark.parametrize("what", ACTIVE)
def test_a_pdf_that_runs_or_hides_something_is_refused(what: str) -> None:
    with pytest.raises(BadInput, match="something in it that runs, or another file"):
        check_file("x.pdf", ACTIVE[what])


UNREADABLE = {
    "cut off": pdf()[:-120],
    "no page": pdf().replace(b"/Kids [3 0 R] /Count 1", b"/Kids [] /Count 0     "),
    "nothing but its first line": b"%PDF-1.7\n",
    "a table that leads nowhere": pdf().replace(b"startxref\n", b"startxref\n9"),
    "nested without end": pdf(CATALOG[:-2] + b"/X " + b"[" * 200_000 + b"]" * 200_000 + b" >>"),
    "unpacks to gigabytes": pdf(
        CATALOG[:-2] + b"/X 50 0 R >>", packed={50: b"(" + b" " * 400_000_000 + b")"}
    ),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_pdf_that_cannot_be_read_to_its_end_is_refused(what: str) -> None:
    with pytest.raises(BadInput, match="damaged, or could not be read|something in it"):
        check_file("x.pdf", UNREADABLE[what])


def test_an_encrypted_pdf_is_refused() -> None:
    locked = pdf(trailer=b"/Encrypt << /Filter /Standard /V 1 /R 2 /O (x) /U (x) /P -4 >>")
    with pytest.raises(BadInput, match="encrypted|damaged"):
        check_file("x.pdf", locked)


def test_what_is_passive_is_taken_as_what_it_is() -> None:
    link = PAGE[:-2] + b"/Annots [<< /Subtype /Link /A << /S /URI /URI (https://x) >> >>] >>"
    for name, body, media_type, called in (
        ("工资条.pdf", pdf(), "application/pdf", "工资条.pdf"),
        ("a.exe", pdf(page=link), "application/pdf", "a.pdf"),
        ("b.pdf", pdf(packed={50: b"<< /Producer (x) >>"}), "application/pdf", "b.pdf"),
        ("../../etc/photo.png", jpeg(), "image/jpeg", "photo.jpg"),
        ("photo", png(), "image/png", "photo.png"),
    ):
        found = check_file(name, body)
        assert (found.name, found.media_type, found.body) == (called, media_type, body)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><script>alert(1)</script>",
        b"MZ\x90\x00",
        b"PK\x03\x04",
        b"GIF89a",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>',
        b"\n" + pdf(),
        "纯文本".encode(),
        png()[:-5],
        png() + b"<script>",
        png(0, 5),
        jpeg()[:-2],
        jpeg(0, 5),
        b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x10\x00\x10PK\x03\x04<script>\xff\xd9",
        b"\xff\xd8\xff\xd9",
        b"",
    ],
    ids=range(15),
)
def test_what_is_another_thing_or_broken_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        check_file("x.pdf", body)


def test_of_a_jpeg_its_picture_is_taken_and_nothing_after_it() -> None:
    for more in (b"PK\x03\x04", jpeg(9, 9), b"<script>\xff\xd9", b"\0\0"):
        assert check_file("x", jpeg() + more).body == jpeg()
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x12\xff\x00\x34\xff\xd3\x56"
    whole = jpeg().partition(b"\xff\xda")[0] + scan + scan + b"\xff\xd9"
    assert check_file("x", whole + b"later").body == whole


def test_sizes_are_those_that_it_unpacks_to() -> None:
    assert len(png(40_000, 40_000)) < 50_000
    for body in (png(40_000, 40_000), jpeg(30_000, 30_000), pdf() + b" " * SIZE_LIMIT):
        with pytest.raises(TooLarge):
            check_file("x", body)


def test_bytes_changed_at_random_are_taken_or_refused_and_never_an_error() -> None:
    chance = random.Random(20261129)
    for whole in (png(), jpeg()):
        for _ in range(3000):
            body = bytearray(whole)
            for _ in range(chance.randint(1, 6)):
                body[chance.randrange(len(body))] = chance.randrange(256)
            cut = bytes(body[: chance.randint(0, len(body))])
            for one in (bytes(body), cut):
                try:
                    check_file("x", one)
                except (BadInput, TooLarge):
                    continue


def test_a_pressed_script_inside_a_page_s_content_is_text_and_not_a_fault() -> None:
    drawn = zlib.compress(b"BT (/JavaScript) Tj ET")
    content = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(drawn), drawn)
    page = PAGE[:-2] + b"/Contents 4 0 R >>"
    assert check_file("x.pdf", pdf(CATALOG, content, page=page)).media_type == "application/pdf"
