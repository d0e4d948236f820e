"""Document numbers and credit codes: canonical forms and check digits, in Python and in SQL.

GB 11643 (citizen ID, ISO 7064 MOD 11-2) and GB 32100-2015 (unified social credit code, with the
organisation code of GB 11714 inside). The demo's own numbers use region codes 3399xx, which no
division has, so that no real person or firm can match.
"""

import re
from datetime import date

_ID_WEIGHTS = tuple(2 ** (17 - i) % 11 for i in range(17))
_ID_CHECKS = "10X98765432"
_CREDIT_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = tuple(3**i % 31 for i in range(17))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_WIDE = str.maketrans(
    {**{0xFF10 + i: str(i) for i in range(10)}, **{0xFF21 + i: chr(65 + i) for i in range(26)}}
)


def canonical(number: str) -> str:
    """Half-width, upper-case, without spaces around and without what protects a number against a
    spreadsheet (a tab, an apostrophe, ="…"); 15 digits of the first generation become 18.

    Fifteen digits without a date of birth inside are some other document's number and stay.

    >>> canonical(" 33999919880412028９ ")
    '339999198804120289'
    >>> canonical("130503670401001")
    '130503196704010016'
    >>> canonical("110108000000016")
    '110108000000016'
    >>> canonical("339999198804120289\\t") == canonical("'339999198804120289")
    True
    """
    text = re.sub(_INVISIBLE, "", unguard(number)).translate(_WIDE).upper()
    if len(text) == 15 and text.isascii() and text.isdigit() and _is_day("19" + text[6:12]):
        body = text[:6] + "19" + text[6:]
        return body + citizen_check(body)
    return text


_UNSEEN = r"\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_INVISIBLE = f"[{_UNSEEN}]+"
_AROUND = rf"^[{_UNSEEN} \xa0\u3000]+|[{_UNSEEN} \xa0\u3000]+$"
_GUARD = '^(?:="([^"]*)"|[\'‘’＇`]+(.*))$'


def unguard(text: str) -> str:
    """A text without blanks, control and format characters around, and without the marks that
    keep a spreadsheet from taking it for a number.

    >>> unguard('="000123"'), unguard("'000123"), unguard("\\t000123 "), unguard("a'b")
    ('000123', '000123', '000123', "a'b")
    """
    return re.sub(_AROUND, "", re.sub(_GUARD, r"\1\2", re.sub(_AROUND, "", text)))


def _is_day(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def citizen_check(body: str) -> str:
    """The check character of the first 17 digits.

    >>> citizen_check("33999919880412028")
    '9'
    """
    return _ID_CHECKS[sum(int(d) * w for d, w in zip(body, _ID_WEIGHTS, strict=True)) % 11]


def is_citizen_id(number: str) -> bool:
    """Whether 18 characters carry the right check character.

    >>> is_citizen_id("339999198804120289"), is_citizen_id("339999198804120288")
    (True, False)
    """
    return len(number) == 18 and number[:17].isdigit() and citizen_check(number[:17]) == number[17]


def uscc_check(body: str) -> str:
    """The check character of the first 17 characters.

    >>> uscc_check("91110000600037341")
    'L'
    """
    values = [_CREDIT_LETTERS.index(c) for c in body]
    return _CREDIT_LETTERS[
        (31 - sum(v * w for v, w in zip(values, _CREDIT_WEIGHTS, strict=True)) % 31) % 31
    ]


def is_uscc(code: str) -> bool:
    """Whether both check characters hold: GB 32100 and the inner one of GB 11714.

    >>> is_uscc("91110000600037341L"), is_uscc("91110000600037342L")
    (True, False)
    """
    if len(code) != 18 or any(c not in _CREDIT_LETTERS for c in code):
        return False
    inner = (
        11
        - sum((int(c, 36)) * w for c, w in zip(code[8:16], _ORGANISATION_WEIGHTS, strict=True)) % 11
    )
    inner_check = {10: "X", 11: "0"}.get(inner, str(inner))
    return code[16] == inner_check and code[17] == uscc_check(code[:17])


def kind_of(number: str) -> str:
    """The kind a pseudonym is made with: an identity card, or any other document."""
    return "citizen_id" if is_citizen_id(number) else "document"


_SHAPES = {
    "4": r"[HM][0-9]{8}([0-9]{2})?",
    "5": r"[0-9]{8}([0-9]{2})?",
    "6": r"[A-Z]{3}[0-9]{12}",
    "2": r"[A-Z]{1,2}[0-9]{7,8}|[A-Z0-9]{9}",
    "3": r"[\u4e00-\u9fff]{1,2}字第[0-9]{4,8}号",
}
"""Code of `document_type` to the shape of its number, the first that fits: passports (ICAO 9303:
nine characters; Chinese E/G/D/S/P and 7 or 8 digits), permits of Hong Kong, Macao and Taiwan
residents, foreigners' cards before 2023, officers' cards."""


def is_document(number: str) -> bool:
    """Whether a canonical number has the shape of a document that is no identity card.

    >>> is_document("E12345678"), is_document("339999198804120288"), is_document("1")
    (True, False, False)
    """
    return any(re.fullmatch(shape, number) for shape in _SHAPES.values())


def _sum_sql(weights: tuple[int, ...], value: str) -> str:
    return " + ".join(f"{weight} * {value.format(i=i)}" for i, weight in enumerate(weights, 1))


_ID_SUM = _sum_sql(_ID_WEIGHTS, "CAST(substr(v, {i}, 1) AS INTEGER)")


def _whole_sum_sql(weights: tuple[int, ...], number: str) -> str:
    """The weighted sum of a number's digits, modulo 11, without taking the digits apart.

    A digit is what is left of the number without it, less ten times what is left without the one
    before as well; the terms of each power of ten are put together. No term overflows: the number
    has 17 digits, and the coefficients are below 11.
    """
    last, *others = reversed(weights)
    terms, before = [f"{last} * {number}"], last
    for power, weight in enumerate(others, 1):
        terms.append(f"{(weight - 10 * before) % 11} * ({number} // {10**power})")
        before = weight
    return " + ".join(terms)


# Three times as fast as 17 substrings: the cast is one common expression (no CASE may hold it).
_WHOLE_SUM = _whole_sum_sql(_ID_WEIGHTS, "coalesce(TRY_CAST(left(v, 17) AS BIGINT), 0)")
_CREDIT_SUM = _sum_sql(_CREDIT_WEIGHTS, f"(instr('{_CREDIT_LETTERS}', substr(v, {{i}}, 1)) - 1)")
_ORGANISATION_SUM = " + ".join(
    f"{weight} * (instr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', substr(v, {i}, 1)) - 1)"
    for i, weight in enumerate(_ORGANISATION_WEIGHTS, 9)
)


def _re2(pattern: str) -> str:
    """A regular expression of ours as an SQL literal that RE2 reads as Python does."""
    pattern = re.sub(r"\\u([0-9a-f]{4})", r"\\x{\1}", pattern)
    return "'" + pattern.replace("'", "''") + "'"


_WIDE_FROM = "０１２３４５６７８９ＸＡＢＣＤＥＦＧＨＪＫＬＭＮＰＱＲＴＵＷＹ"
_WIDE_TO = "0123456789XABCDEFGHJKLMNPQRTUWY"

SQL_MACROS = (
    "CREATE OR REPLACE MACRO citizen_id_holds(v) AS "
    r"CAST(regexp_full_match(v, '\d{17}[\dX]') AS INTEGER) * "
    f"(({_WHOLE_SUM} + instr('0123456789X', right(v, 1)) - 1) % 11) = 1",
    # Fifteen digits and zeros, or 3.39901199608274E+17: what a spreadsheet leaves of a long number.
    "CREATE OR REPLACE MACRO digits_lost(v) AS CASE WHEN contains(v, 'E+') THEN "
    r"regexp_full_match(v, '[0-9](\.[0-9]+)?E\+[0-9]{1,3}') WHEN suffix(v, '000') THEN "
    "regexp_full_match(v, '[0-9]{15}000') ELSE false END",
    "CREATE OR REPLACE MACRO uscc_holds(v) AS CASE WHEN v IS NULL THEN NULL "
    f"WHEN regexp_full_match(v, '[{_CREDIT_LETTERS}]{{18}}') THEN "
    f"substr('{_CREDIT_LETTERS}', CAST((31 - ({_CREDIT_SUM}) % 31) % 31 AS INTEGER) + 1, 1) "
    "= right(v, 1) AND substr('0X987654321', CAST("
    f"({_ORGANISATION_SUM}) % 11 AS INTEGER) + 1, 1) = substr(v, 17, 1) "
    "ELSE false END",
    # A plain word goes past three regular expressions.
    "CREATE OR REPLACE MACRO unguarded(v) AS CASE "
    "WHEN regexp_full_match(v, '[0-9A-Za-z\\x{4e00}-\\x{9fff}]*') THEN v "
    f"ELSE regexp_replace(regexp_replace(regexp_replace(v, {_re2(_AROUND)}, '', 'g'), "
    f"{_re2(_GUARD)}, '\\1\\2'), {_re2(_AROUND)}, '', 'g') END",
    "CREATE OR REPLACE MACRO canonical_text(v) AS "
    "upper(translate(CASE WHEN regexp_full_match(v, '[0-9A-Za-z]*') THEN v ELSE "
    f"regexp_replace(unguarded(v), {_re2(_INVISIBLE)}, '', 'g') END, "
    f"'{_WIDE_FROM}', '{_WIDE_TO}'))",
    "CREATE OR REPLACE MACRO fifteen(v) AS substr(v, 1, 6) || '19' || substr(v, 7, 9)",
    # `t` is a canonical text: of 15 digits with a birthday inside, the 18 digits.
    "CREATE OR REPLACE MACRO of_fifteen(t) AS CASE WHEN regexp_full_match(t, "
    r"'\d{15}') AND try_strptime('19' || substr(t, 7, 6), '%Y%m%d') IS NOT NULL "
    "THEN fifteen(t) || "
    f"substr('{_ID_CHECKS}', CAST(({_ID_SUM.replace('(v,', '(fifteen(t),')}) % 11 "
    "AS INTEGER) + 1, 1) ELSE t END",
    # Most numbers are canonical already, and `translate` is what costs. A macro's argument is put
    # in wherever it stands: the list holds the canonical text so that it is made once.
    "CREATE OR REPLACE MACRO canonical_id(v) AS CASE "
    "WHEN regexp_full_match(v, '[0-9]{17}[0-9X]') THEN v "
    "ELSE list_transform([canonical_text(v)], lambda t: of_fifteen(t))[1] END",
    "CREATE OR REPLACE MACRO document_kind(v) AS CASE WHEN "
    "regexp_full_match(v, '[0-9]{17}[0-9X]') THEN CASE WHEN NOT citizen_id_holds(v) THEN NULL "
    "WHEN left(v, 1) = '9' THEN '6' WHEN left(v, 1) = '8' THEN '4' ELSE '1' END "
    + "".join(
        f"WHEN regexp_full_match(v, '{shape}') THEN '{kind}' "
        for kind, shape in ((k, s.replace(r"\u4e00-\u9fff", "一-鿿")) for k, s in _SHAPES.items())
    )
    + "END",
)
"""DuckDB macros with the same meaning as the functions above; a test holds them together."""
