"""`vet-hub` with less patience: `python -m tests.delivery.outages.hasty web …`. A silence of seconds is then a long one."""

import sys

from hub.cli import main
from hub.log import relay
from hub.store import postgres
from hub.web import ingest

postgres.CONNECT_TIMEOUT = 1.0
postgres.STATEMENT_LIMIT = 2.0
relay.SEND_LIMIT = 2.0
ingest.ANSWER_LIMIT = 3.0

if __name__ == "__main__":
    sys.exit(main())
