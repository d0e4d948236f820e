"""Where contracts are. Nothing heavy is imported: an Airflow DAG processor comes here often."""

from pathlib import Path

import xihu_catalog
from xihu_platform.settings import Settings


def contract_folders(settings: Settings) -> tuple[Path, ...]:
    """The registry's contracts, then those that departments published: a later one wins."""
    registry = Path(xihu_catalog.__file__).parent / "registry" / "contracts"
    return registry, settings.data_dir / "contracts"
