"""A list of ten thousand persons is decided, asked, recorded and logged within two seconds."""

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from tests.province import Province, make_province
from tests.verifying import CLAIM, INSURANCE, add_item, batch, right_lines, without_rules
from xihu_catalog.standards.documents import kind_of
from xihu_platform.access.verification import ClaimAsked, verify
from xihu_platform.audit.models import AuditSubject
from xihu_platform.database import transaction

pytestmark = [pytest.mark.harness, pytest.mark.timeout(600)]
PERSONS = 10_000
LIMIT_S = 2.0


@pytest.fixture(name="province")
def province_of_grounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    yield from make_province(tmp_path_factory.mktemp("lists"))


def test_ten_thousand_persons_take_less_than_two_seconds(
    province: Province, record_property: Callable[[str, object], None]
) -> None:
    add_item(province)
    keyring = province.services.node.keyring
    documents = sorted({one.document for one in right_lines(province)})
    keys = [keyring.pseudonym(kind_of(one), one) for one in documents]
    keys += [f"s1_{number:032x}" for number in range(PERSONS - len(keys))]
    sun = province.official("sun", "sun-rs")
    with without_rules(province) as gateway:
        for month in ("2026-09", "2026-10"):  # the first reads the files, the second finds them
            ground = batch(province, f"V-{month}", keys)
            begun = time.perf_counter()
            done = verify(gateway, sun, ClaimAsked(ground, INSURANCE, CLAIM, None, month))
            took_s = time.perf_counter() - begun
            record_property(f"seconds_{month}", round(took_s, 2))
            assert len(done.answers) == PERSONS
            assert sum(one.answer != "no_record" for one in done.answers) > len(documents) * 0.9
            assert took_s < LIMIT_S
    with transaction(province.services.node.database) as session:
        listed = select(func.count()).where(AuditSubject.seq == done.audit_entry)
        assert session.scalar(listed) == PERSONS
