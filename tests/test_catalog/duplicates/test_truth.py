"""Repeated collection against the tables of expected answers, `truth_repeats.yaml` and
`truth_overlap.yaml`, whose heads say how to read them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import permutations, zip_longest
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contracts import OURS, PSEUDONYM, Part, contract, document, field
from tests.entries import take_over_all
from tests.province import NOW
from tests.test_catalog.sharing.test_requests import HEALTH
from xihu_catalog.contracts.model import Contract
from xihu_catalog.duplicates.repeats import Repeat, close_pairs, collected_fields, find_repeats
from xihu_catalog.duplicates.sketches import known_overlaps
from xihu_catalog.schema import upgrade
from xihu_node.services import open_services
from xihu_pipelines.demo.province import settle
from xihu_pipelines.duplicates import run as module
from xihu_pipelines.duplicates.run import make_sketches
from xihu_pipelines.ingest.load import load_file
from xihu_platform.settings import Settings
from xihu_platform.start import open_node
from xihu_portals.services import Services

Case = dict[str, Any]
"""One case of a table. Any: it is YAML."""
OTHER = "11339900100120552F"
PROVIDERS = {
    "A": "91110000600037341L",
    "B": "11330000002482015R",
    "C": "11339900100120552F",
    "D": "11339900100123294E",
    "E": "113399001001109609",
}
ROLES: dict[str, Part] = {"key": {"key": True}, "region": {"region": True}, "time": {"time": True}}
PERSON: Part = {"grade": "L4", **PSEUDONYM, "subjectKey": True}
QUERY = [{"property": "query", "value": "SELECT * FROM data.source"}]
DERIVED: Part = {"server": "derived", "type": "custom", "customProperties": QUERY}


def cases(table: str) -> list[Any]:  # Any: pytest's ParameterSet
    """As parameters."""
    text = Path(__file__).with_name(f"truth_{table}.yaml").read_text(encoding="utf-8")
    return [
        pytest.param(case, id=case["id"] + ("-held_out" if case.get("held_out") else ""))
        for case in yaml.safe_load(text)["cases"]
    ]


REPEATS, OVERLAPS = cases("repeats"), cases("overlap")


def keys(about: str, *, has_key: bool) -> list[Part]:
    """The fields that `about` adds."""
    key = not has_key
    if about == "person":
        return [field("citizen_id", key=key, **_said("公民身份号码", "E001"), **PERSON)]
    if about == "firm":
        said = _said("统一社会信用代码", "E002")
        return [field("uscc", key=key, firmKey=True, identifier="uscc", **said)]
    if about == "area":
        county = _said("区划", "E003") | {"codeList": "divisions"}
        return [
            field("county_code", key=True, region=True, **county),
            field("month", "DATE", key=True, time=True, **_said("月份", "E004")),
        ]
    return []


def _said(title: str, element: str) -> dict[str, Any]:  # Any: words of ODCS
    return {"businessName": title, "dataElement": element}


def dataset(name: str, said: Case) -> Contract:
    fields = [
        field(
            one["name"],
            one.get("type", "VARCHAR"),
            businessName=one["title"],
            **({"dataElement": one["element"]} if "element" in one else {}),
            **({"codeList": one["codes"]} if "codes" in one else {}),
            **ROLES.get(one.get("role", ""), {}),
        )
        for one in said["fields"]
    ]
    has_key = any(one.get("role") == "key" for one in said["fields"])
    server = DERIVED if said.get("derived") else None
    fields = [*keys(said["about"], has_key=has_key), *fields]
    return contract(name, fields, provider=PROVIDERS[said["department"]], server=server)


Line = tuple[frozenset[str], frozenset[str]]
"""Its fields and its evidence."""


def lines(repeats: tuple[Repeat, ...], silent: set[str]) -> set[Line]:
    """Without lines of nothing but fields of which the document does not say anything."""
    found = {
        (frozenset(".".join(field.key) for field in one.fields), frozenset[str](one.evidence))
        for one in repeats
    }
    return {one for one in found if not one[0] <= silent}


def orders(case: Case) -> Iterable[Sequence[Contract]]:
    """The case's contracts in every order; of more than three, as given and reversed."""
    given = [dataset(name, said) for name, said in case["datasets"].items()]
    return permutations(given) if len(given) < 4 else (given, given[::-1])


@pytest.mark.parametrize("case", REPEATS)
def test_lines_are_those_of_the_document(case: Case) -> None:
    expected = {(frozenset(one["fields"]), frozenset(one["evidence"])) for one in case["lines"]}
    for contracts in orders(case):
        assert lines(find_repeats(contracts), set(case.get("silent", []))) == expected


@pytest.mark.parametrize("case", [one for one in REPEATS if one.values[0]["close"] != "silent"])
def test_close_pairs_are_those_of_the_document(case: Case) -> None:
    expected = {frozenset(one) for one in case["close"]}
    for contracts in orders(case):
        pairs = close_pairs(find_repeats(contracts), collected_fields(contracts))
        assert {frozenset((one.one.dataset, one.other.dataset)) for one in pairs} == expected


FORMS: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "leading_blank": " {}".format,
    "trailing_blank": "{} ".format,
    "full_width": lambda text: "".join(chr(ord(one) + 0xFEE0) for one in text),
}


def values(said: Case) -> list[str | None]:
    """The records of a set of values, in order."""
    found: list[str | None] = [None] * said.get("nulls", 0)
    for part in said.get("parts", [said]):
        form = FORMS.get(part.get("form", ""), str)
        texts = [form(f"{part['prefix']}{n}") for n in range(part["from"], part["to"])]
        found += texts * part.get("repeat", 1)
    return found


def test_records_of_a_description() -> None:
    assert values({"prefix": "A", "from": 8, "to": 10, "nulls": 1, "repeat": 2}) == [
        *(None, "A8", "A9", "A8", "A9"),
    ]
    assert values({"prefix": "a", "from": 0, "to": 1, "form": "full_width"}) == ["ａ０"]
    assert values({"prefix": "a", "from": 0, "to": 1, "form": "trailing_blank"}) == ["a0 "]


def citizen(number: int) -> str:
    """A citizen identity number with its check character (GB 11643: ISO 7064, MOD 11-2)."""
    body = f"33010619800101{number:03}"
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


FEW = 5_000
"""Rows of a short table: short and long sets of values are loaded apart."""


class Bands:
    """Two departments that have loaded both sides of all cases, a column for each case."""

    def __init__(self, folder: Path, table: list[Case]) -> None:
        self._folder = folder
        self.node = open_node(Settings(data_dir=folder / "data"), clock=lambda: NOW)
        upgrade(self.node.database)
        settle(self.node)
        self.services: Services = open_services(self.node)
        self._places: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {}
        for number, group in enumerate(_groups(table)):
            self._load(f"sj_right_{number}", OTHER, group, "right")
            self._load(f"jt_left_{number}", HEALTH, group, "left")
            for one in group:
                case = one["id"]
                self._places[case] = (
                    (f"jt_left_{number}", f"l{case}"),
                    (
                        f"sj_right_{number}",
                        f"r{case}",
                    ),
                )
        take_over_all(self.node.database)
        self.bands = self._run()

    def _run(self) -> dict[str, str]:
        services = self.services
        faults = [
            one.fault
            for one in make_sketches(services.node, services.gateway, services.catalogue)
            if one.fault is not None and one.dataset.startswith(("jt_left", "sj_right"))
        ]
        assert not faults
        known = known_overlaps(self.node.database, services.catalogue.contracts.all().values())
        return {
            case: known.get((left, right), known.get((right, left), "nothing"))
            for case, (left, right) in self._places.items()
        }

    def without_assessment(self, case: str) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "assessment_of", lambda _what, _today: None)
            return self._run()[case]

    def _load(self, name: str, provider: str, group: list[Case], side: str) -> None:
        is_right = side == "right"
        of_table: Part = group[0].get("dataset", {}) if is_right else {}
        is_key = is_right and any(one.get("field", {}).get("key") for one in group)
        about = of_table.get("about", "firm")
        fields = [] if is_key else [field("code", key=True)]
        fields += keys(about, has_key=True)
        fields += [self._field(f"{side[0]}{one['id']}", one, is_right) for one in group]
        self.services.catalogue.contracts.publish(document(name, fields, provider=provider))
        columns = [values(one[side]) for one in group]
        header = [*(one["name"] for one in fields)]
        rows = [",".join(header)]
        for n, row in enumerate(zip_longest(*columns)):
            subject = citizen(n) if about == "person" else OURS
            cells = [*([] if is_key else [str(n)]), subject, *row]
            rows.append(",".join("" if one is None else f'"{one}"' for one in cells))
        file = self._folder / f"{name}.csv"
        file.write_text("\n".join([*rows, ""]), encoding="utf-8")
        outcome = load_file(self.node, self.services.catalogue.contracts.get(name), file)
        assert outcome.counts.accepted == len(rows) - 1, outcome.rule_counts

    @staticmethod
    def _field(name: str, case: Case, is_right: bool) -> Part:
        said = dict(case.get("field", {})) if is_right else {}
        return field(name, said.pop("type", "VARCHAR"), **said)


def _groups(table: list[Case]) -> Iterator[list[Case]]:
    """Cases that are loaded together: those of a dataset of its own alone."""
    alone = [one for one in table if "dataset" in one or one.get("field", {}).get("key")]
    rest = [one for one in table if one not in alone]
    yield from ([one] for one in alone)
    for is_long in (False, True):
        chosen = [one for one in rest if (_rows(one) > FEW) is is_long]
        yield chosen


def _rows(case: Case) -> int:
    return max(len(values(case[side])) for side in ("left", "right"))


@pytest.fixture(scope="module")
def bands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bands]:
    made = Bands(tmp_path_factory.mktemp("truth"), [one.values[0] for one in OVERLAPS])
    yield made
    made.services.close()


@pytest.mark.parametrize("case", OVERLAPS)
def test_bands_are_those_of_the_document(case: Case, bands: Bands) -> None:
    allowed = case["band"] if isinstance(case["band"], list) else [case["band"]]
    name = case["id"]
    has_assessment = case.get("assessment", True)
    band = bands.bands[name] if has_assessment else bands.without_assessment(name)
    assert band.replace("half", "about_half") in allowed
