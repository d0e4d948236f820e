"""Opens a data folder that an earlier version made."""

import asyncio
import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tests.province import Province
from xihu_node.services import open_services
from xihu_platform.audit.heads import read_head
from xihu_platform.audit.verify import LogCheck, verify
from xihu_platform.lake.relocate import relocate
from xihu_platform.settings import Settings
from xihu_platform.start import open_node

HERE = Path(__file__).parent


def opened(name: str, folder: Path, now: datetime) -> Iterator[Province]:
    """The folder of an archive, unpacked below `folder`; closes the log at the end."""
    with tarfile.open(HERE / f"{name}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    relocate(folder / "data" / "lake")
    node = open_node(Settings(data_dir=folder / "data"), clock=lambda: now)
    services = open_services(node)
    yield Province(services)
    asyncio.run(services.identity.http.aclose())
    services.close()


def check_log(before: Province) -> LogCheck:
    """Its log against its newest signed head."""
    services = before.services
    head = read_head(services.log.head_path)
    return verify(services.node.database, head, services.signer.public_key)
