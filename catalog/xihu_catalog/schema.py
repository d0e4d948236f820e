"""The application database's schema: every table of the platform and the catalogue, versioned."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from xihu_catalog.conformance.models import EntryCheckRow
from xihu_catalog.contracts.entries import CatalogueEntryRow
from xihu_catalog.contracts.headers import ContractRow
from xihu_catalog.contracts.store import ContractText
from xihu_catalog.datasets.drafts import EntryDraftRow
from xihu_catalog.datasets.intake import PushRow
from xihu_catalog.datasets.stored import StoredEntryRow
from xihu_catalog.drafting.models import CensusTableRow
from xihu_catalog.exchange.models import ExchangeRow
from xihu_catalog.harvest.models import HarvestRecordRow
from xihu_catalog.lineage.stated import StatedLineageRow
from xihu_catalog.quality.corrections import CorrectionRow
from xihu_catalog.quality.models import Load
from xihu_catalog.reports.models import CatalogueReportRow
from xihu_catalog.services.models import RegisterValueRow
from xihu_catalog.services.ratings import RatingRow
from xihu_catalog.services.slots import SlotRow
from xihu_catalog.subscriptions.models import SubscriptionRow
from xihu_platform.access.disputed import CorrectionMarkRow
from xihu_platform.access.grounds import GroundRow
from xihu_platform.access.models import GrantRow
from xihu_platform.access.totals import RegionCountRow
from xihu_platform.access.verification_record import VerificationRow
from xihu_platform.audit.models import AuditEntry
from xihu_platform.brain.patterns import PatternRow
from xihu_platform.credentials.models import CredentialRow
from xihu_platform.database import Base
from xihu_platform.identity.models import PersonRow
from xihu_platform.matters.models import MatterRow
from xihu_platform.notices.models import NoticeRow
from xihu_platform.policy_version import PolicyVersionRow
from xihu_platform.statute.published import CalendarYearRow

# Importing one imports its room's others.
TABLES = (
    *(
        AuditEntry,
        CalendarYearRow,
        CensusTableRow,
        CatalogueEntryRow,
        CatalogueReportRow,
        ContractRow,
        ContractText,
        CorrectionMarkRow,
        CorrectionRow,
        CredentialRow,
    ),
    *(GrantRow, GroundRow, Load, MatterRow, NoticeRow, PatternRow, PersonRow, PolicyVersionRow),
    *(PushRow, RatingRow, RegionCountRow, RegisterValueRow, SlotRow, StoredEntryRow),
    StatedLineageRow,
    *(
        EntryCheckRow,
        EntryDraftRow,
        ExchangeRow,
        HarvestRecordRow,
        SubscriptionRow,
        VerificationRow,
    ),
)
METADATA = Base.metadata


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(database: Engine) -> None:
    """Bring the database up to this version of the program; changes nothing when it is."""
    config = alembic_config()
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
