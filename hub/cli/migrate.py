"""`vet-hub migrate`: brings the database to this release's schema, for whoever starts a cluster step by step."""

import asyncio

from hub.cli.opening import cluster_module, settings_for
from hub.cli.options import DataDir, commands
from hub.cli.screen import notes
from hub.store.migrate import migrate as bring
from hub.store.migrate import newest

app = commands()


@app.command()
def migrate(data: DataDir = None) -> None:
    """Make or change the database's tables as this release needs them.

    Every process does so when it starts, where its role may. This is for one that owns the tables, before those of roles
    that may not make any.
    """
    settings = settings_for(data)
    if not settings.embedded:
        cluster_module("hub.store.postgres")
    asyncio.run(bring(settings.url))
    notes().print(f"The database is at schema {newest()}.")
