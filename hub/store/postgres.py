"""The store on PostgreSQL through asyncpg, for any number of processes."""

import asyncio
from asyncio import CancelledError
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import CursorResult
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from hub.errors import FlushConflict, ServiceAway, Shut
from hub.store.port import Answer, Question
from hub.store.session import Bulk, Columns, Glance, bulk_sql
from hub.store.statements import statement

POOL = 10  # connections a process holds at the most
CONNECT_TIMEOUT = 5.0  # seconds
CHANNEL = "vet_hub"
LOCK_LIMIT = "5s"  # that a migration waits for a table
STATEMENT_LIMIT = 10.0  # seconds a statement may be without an answer: a silent server, or one that lost its network
# A process that stalls inside a transaction holds its inbox rows, and its successor waits for them: not for long.
SERVER_SETTINGS = {
    "application_name": "vet-hub",
    "idle_in_transaction_session_timeout": "15s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
SERIALIZATION = frozenset({"40001", "40P01", "55P03"})  # serialization failure, deadlock, lock timeout: run again
SHUT = frozenset({"28", "3D"})  # SQLSTATE classes: who we say we are, which database; whoever runs the server mends it
CURES = {
    "28P01": "is the password in VET_HUB_DATABASE_URL the role's?",
    "28000": "make that role with LOGIN, let pg_hba.conf take it, or name another in VET_HUB_DATABASE_URL",
    "3D000": "make that database for the role, or name another in VET_HUB_DATABASE_URL",
}
OTHER_CURE = "make it there, or mend VET_HUB_DATABASE_URL"
NOT_PERMITTED = "42501"  # SQLSTATE
GRANT = (
    "as the tables' owner: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO the role of "
    "VET_HUB_DATABASE_URL"
)
AWAY = frozenset({"08", "53", "57", "58"})  # SQLSTATE classes: connection, resources, shut down, disk


class PostgresSession:
    """A session on one asyncpg connection."""

    engine: Any = "postgresql"

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def rows(self, sql: str, **params: Any) -> list[Any]:
        """Run a statement and return its rows."""
        return list((await self._execute(sql, params)).all())

    async def run(self, sql: str, **params: Any) -> int:
        """Run a statement and return how many rows it touched."""
        return int((await self._execute(sql, params)).rowcount)

    async def many(self, bulk: Bulk, columns: Columns) -> int:
        """Write many rows with one `unnest` statement."""
        lists = {name: list(columns[name]) for name, _ in bulk.columns}
        if not next(iter(lists.values())):
            return 0
        return int((await self._execute(bulk_sql("postgresql", bulk), lists)).rowcount)

    async def _execute(self, sql: str, params: Mapping[str, Any]) -> CursorResult[Any]:
        try:
            return await self._connection.execute(statement(sql), params)
        except (TimeoutError, CancelledError):
            # Nobody answers, or nobody waits any more: a rollback would wait for the same silent server once again.
            await self._connection.invalidate()
            raise


class PostgresTransaction:
    """An open transaction on one connection."""

    def __init__(self, session: PostgresSession) -> None:
        self._session = session

    async def do(self, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Run one query function inside it."""
        return await question(self._session, *args, **kwargs)

    async def finish(self, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Run the last one; the block's end, which comes next, commits."""
        return await self.do(question, *args, **kwargs)


class PostgresStore:
    """State on PostgreSQL."""

    engine: Any = "postgresql"

    def __init__(self, url: str, *, pool: int = POOL) -> None:
        self.url = url
        self._engine: AsyncEngine = create_async_engine(
            url,
            hide_parameters=True,  # an error's words reach logs and operators; what people wrote must not
            pool_size=pool,
            max_overflow=0,
            pool_timeout=CONNECT_TIMEOUT,
            connect_args={
                "timeout": CONNECT_TIMEOUT,
                "command_timeout": STATEMENT_LIMIT,
                "server_settings": SERVER_SETTINGS,
            },
        )

        # The same pool, under other terms.
        self._snapshots = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._glances = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    async def start(self) -> None:
        """See whether the database answers."""
        await self.read(_ping)

    async def stop(self) -> None:
        """Close the pool."""
        await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self, *, urgent: bool = False) -> AsyncIterator[PostgresTransaction]:  # noqa: ARG002 - one port
        """Open a transaction (READ COMMITTED); commit when the block ends, roll back when it raises."""
        async with self._connection(self._engine) as connection, connection.begin():
            yield PostgresTransaction(PostgresSession(connection))

    async def write(self, question: Question[Answer], *args: Any, urgent: bool = False, **kwargs: Any) -> Answer:
        """Run one query function in a transaction of its own."""
        async with self.transaction(urgent=urgent) as tx:
            return await tx.do(question, *args, **kwargs)

    async def read(self, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Run one query function on one snapshot."""
        async with self._connection(self._snapshots) as connection, connection.begin():
            return await question(PostgresSession(connection), *args, **kwargs)

    async def glance(self, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Run one query function of a single statement, in one round trip."""
        async with self._connection(self._glances) as connection:
            return await question(Glance(PostgresSession(connection)), *args, **kwargs)

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Call back with the name of each table that got rows for a relay or courier; raises ServiceAway in the end."""
        lost = asyncio.Event()
        async with self._connection(self._glances) as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            try:
                driver.add_termination_listener(lambda _driver: lost.set())
                await driver.add_listener(CHANNEL, lambda _driver, _pid, _channel, table: heard(table))
                await lost.wait()
            except (
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
            ) as error:  # no error of SQLAlchemy's: it is not asked
                raise ServiceAway(f"PostgreSQL does not answer: {_first_line(error)}") from error
            finally:
                await connection.invalidate()  # it must not serve others: it would go on listening
        raise ServiceAway("PostgreSQL has closed the connection that was listened on")

    @asynccontextmanager
    async def _connection(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        try:
            async with engine.connect() as connection:
                yield connection
        except (TimeoutError, OSError, PoolTimeout, DBAPIError) as error:
            raise trouble_of(error) from error


async def _ping(session: PostgresSession) -> None:
    await session.rows("SELECT 1")


def trouble_of(error: Exception) -> Exception:
    """Return what an error of the driver's means to the hub: ServiceAway where it will pass, itself where it is a bug."""
    if not isinstance(error, DBAPIError) or isinstance(error, InterfaceError | OperationalError):
        return ServiceAway(f"PostgreSQL does not answer: {_first_line(error)}")
    state = sqlstate(error)
    if state in SERIALIZATION:
        return FlushConflict(f"PostgreSQL asks to run the transaction again ({state})")
    if state[:2] in SHUT:
        return Shut(f"PostgreSQL does not let the hub in: {_why(error)}", cure=CURES.get(state, OTHER_CURE))
    if state == NOT_PERMITTED:
        return Shut(f"PostgreSQL does not let the hub at its work: {_why(error)}", cure=GRANT)
    if error.connection_invalidated or state[:2] in AWAY:
        return ServiceAway(f"PostgreSQL does not answer: {_first_line(error)}")
    return error


def sqlstate(error: DBAPIError) -> str:
    """Return PostgreSQL's five signs for what went wrong; empty when it was not PostgreSQL."""
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or ""


def _why(error: DBAPIError) -> str:
    return _first_line(error.orig.__cause__ or error) if error.orig else ""


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
