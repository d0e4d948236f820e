"""What may be attached: told by content, whole, not too large, and passive."""

import io
import random
import zipfile
import zlib

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import RectangleObject

from tests.test_platform.files.made import CATALOG, PAGE, for_the_web, jpeg, pdf, png, revised
from xihu_platform.errors import BadInput, TooLarge
from xihu_platform.files import check
from xihu_platform.files.check import SIZE_LIMIT, CheckedFile

RUNS = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"


def check_file(name: str, body: bytes) -> CheckedFile:
    return check.check_file(name, body, "somebody")


def opens(action: bytes) -> bytes:
    return b"<< /Type /Catalog /Pages 2 0 R /OpenAction %s >>" % action


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as files:
        files.writestr("x.exe", b"MZ" * 100)
    return made.getvalue()


def unnamed(more: bytes, *, where: bytes = b"xref\n0 ") -> bytes:
    """Bytes more before the table, which says nothing of them."""
    before, mark, after = pdf().partition(where)
    table, words, _ = after.rpartition(b"startxref\n")
    end = b"%d\n%%%%EOF\n" % len(before + more)
    return before + more + mark + table + words + end


PRESSED = zlib.compress(b"50 0 " + RUNS)
STREAM = (
    b"<< /Type /ObjStm /N %d /First 5 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
)
GO = b"<< /S /GoToR /F (//s/x.pdf) /D [0] >>"
TO_FILE = b"<< /S /URI /URI (file:////server/x.exe) >>"
FORM = b"<< /Type /XObject /Subtype /Form /Ref << /F (//s/x.pdf) /Page 0 >> >>"

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
    "an archive behind it": pdf() + archive(),
    "an archive behind it, and an end once more": pdf() + archive() + b"\n%%EOF\n",
    "an archive in a stream": pdf(
        CATALOG, b"<< /Length %d >>\nstream\n%s\nendstream" % (len(archive()), archive())
    ),
    "a program behind it": pdf() + b"MZ\x90\x00" * 100 + b"\n%%EOF\n",
    "a page of the web behind it": pdf() + b"<html><script>alert(1)</script></html>",
    "an object between, that no table names": unnamed(b"9 0 obj\n<< /X /Y >>\nendobj\n"),
    "the same, a comment in its head": unnamed(b"9 %x\n 0 obj\n<< /X /Y >>\nendobj\n"),
    "a packed script that no table names": unnamed(
        b"60 0 obj\n" + STREAM % (1, len(PRESSED), PRESSED) + b"\nendobj\n"
    ),
    "a packed script in a stream that a table names": pdf(
        CATALOG, STREAM % (1, len(PRESSED), PRESSED)
    ),
    "a short name that no table leads to": unnamed(b"trailer\n<< /Root << /AA << >> >> >>\n"),
    "a rare name that no table leads to": unnamed(b"trailer\n<< /Root << /S /GoToE >> >>\n"),
    "another file, in a revision": revised(pdf(), {1: opens(GO)}),
    "another file, before a revision": revised(pdf(opens(GO)), {1: CATALOG}),
    "the thread of another file": pdf(opens(b"<< /S /Thread /F (//s/x.pdf) /D 0 >>")),
    "an image of another file": pdf(page=PAGE[:-2] + b"/X %s >>" % FORM),
    "content in another file": pdf(CATALOG, b"<< /F (x) /Length 0 >>\nstream\n\nendstream"),
    "a file's address": pdf(opens(TO_FILE)),
    "a script's address": pdf(opens(b"<< /S /URI /URI (javascript:alert\\(1\\)) >>")),
    "a folder that addresses begin with": pdf(CATALOG[:-2] + b"/URI << /Base (file:///x) >> >>"),
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


PDF = ("application/pdf", "b.pdf")


def test_what_is_passive_is_taken_as_what_it_is() -> None:
    link = PAGE[:-2] + b"/Annots [<< /Subtype /Link /A << /S /URI /URI (https://x) >> >>] >>"
    for name, body, media_type, called in (
        ("工资条.pdf", pdf(), "application/pdf", "工资条.pdf"),
        ("a.exe", pdf(page=link), "application/pdf", "a.pdf"),
        (
            "b.pdf",
            pdf(page=link.replace(b"https://x", b"MAILTO:a@b.cn")),
            "application/pdf",
            "b.pdf",
        ),
        ("b.pdf", pdf() + b"\r\n\0 ", "application/pdf", "b.pdf"),
        ("b.pdf", for_the_web(), "application/pdf", "b.pdf"),
        ("b.pdf", revised(revised(pdf(), {1: CATALOG, 5: GO[:2] + b">>"}), {3: PAGE}), *PDF),
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


def test_what_a_writer_makes_and_signs_is_taken() -> None:
    written, signed = io.BytesIO(), io.BytesIO()
    writer = PdfWriter()
    for _ in range(3):
        writer.add_blank_page(width=200, height=200)
    writer.add_outline_item(title="一", page_number=1)
    writer.add_uri(page_number=0, uri="https://example.cn/a", rect=RectangleObject((0, 0, 9, 9)))
    writer.write(written)
    later = PdfWriter(io.BytesIO(written.getvalue()), incremental=True)
    later.add_metadata({"/Title": "工资条"})
    later.write(signed)
    assert signed.getvalue().count(b"%%EOF") == 2
    for body in (written.getvalue(), signed.getvalue()):
        assert len(PdfReader(io.BytesIO(body)).pages) == 3
        assert check_file("b.pdf", body).body == body


def test_noise_in_a_picture_s_bytes_is_no_name() -> None:
    """Three bytes that read like a name are in every third picture of five megabytes."""
    noise = b"\x8f/JS \x01/AA/\x80/EF<\x9c/3D\n"
    drawn = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(noise), noise)
    assert check_file("b.pdf", pdf(CATALOG, drawn)).media_type == "application/pdf"


def test_a_pressed_script_inside_a_page_s_content_is_text_and_not_a_fault() -> None:
    drawn = zlib.compress(b"BT (/JavaScript) Tj ET")
    content = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(drawn), drawn)
    page = PAGE[:-2] + b"/Contents 4 0 R >>"
    assert check_file("x.pdf", pdf(CATALOG, content, page=page)).media_type == "application/pdf"
