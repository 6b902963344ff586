"""The store on one SQLite file: one writer thread that owns one connection, readers with their own.

Written by the embedded hub; a file lock keeps a second hub off the folder, short command-line writes go beside it.
`synchronous=FULL` and WAL: a commit that returned survives a power cut.
"""

import asyncio
import fcntl
import heapq
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from hub.errors import NotAllowed, ServiceAway
from hub.store.port import Answer, Question
from hub.store.session import Bulk, Columns, Glance, bulk_sql
from hub.store.statements import statement

T = TypeVar("T")
BUSY_TIMEOUT = 5.0  # seconds a short write beside the hub waits for its turn
READERS = 4  # threads, each with its own connection


class LiteSession:
    """A session on the synchronous driver; its coroutines end without suspending."""

    engine: Any = "sqlite"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def rows(self, sql: str, **params: Any) -> list[Any]:
        """Run a statement and return its rows."""
        return list(self._connection.execute(statement(sql), params).all())

    async def run(self, sql: str, **params: Any) -> int:
        """Run a statement and return how many rows it touched."""
        return int(self._connection.execute(statement(sql), params).rowcount)

    async def many(self, bulk: Bulk, columns: Columns) -> int:
        """Write many rows through `executemany`; the driver adds up the row counts."""
        rows = list(zip(*(columns[name] for name, _ in bulk.columns), strict=True))
        if not rows:
            return 0
        return int(self._connection.exec_driver_sql(bulk_sql("sqlite", bulk), rows).rowcount)


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never suspends (every await inside is a LiteSession's) to its end."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    coroutine.close()
    raise RuntimeError("a query function awaited something other than its session")


class LiteTransaction:
    """The writer's transaction; each step is one hop to its thread. The first one begins it, a last one commits."""

    def __init__(self, store: "LiteStore") -> None:
        self._store = store
        self.begun = False  # set by the writer's thread

    async def do(self, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Run one query function in the writer's thread."""
        return await self._store.in_writer(self, question, *args, **kwargs)

    async def finish(self, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Run the last one and commit."""
        return await self._store.in_writer(self, question, *args, last=True, **kwargs)


class FirstComeQueue:
    """Hands the one writer to whoever waits: urgent ones first, otherwise first come."""

    def __init__(self) -> None:
        self._busy = False
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._turn = count()

    async def take(self, *, urgent: bool) -> None:
        """Wait until the writer is free and take it."""
        if not self._busy:
            self._busy = True
            return
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (0 if urgent else 1, next(self._turn), turn))
        try:
            await turn
        except asyncio.CancelledError:
            # The turn may have been handed over in the same tick: pass it on instead of keeping it for ever.
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Hand the writer to the next in line."""
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._busy = False


class LiteStore:
    """The embedded store. `exclusive=False` is for commands that write beside a running hub."""

    engine: Any = "sqlite"

    def __init__(self, path: Path, *, exclusive: bool = True) -> None:
        self.path = path
        self._exclusive = exclusive
        self._lock: int | None = None
        self._engine: Engine | None = None
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._connection: Connection | None = None
        self._queue = FirstComeQueue()

    def lock(self) -> None:
        """Take the folder for this process, when exclusive; before migrations run."""
        if self._exclusive and self._lock is None:
            self._lock = lock_folder(self.path.parent)

    async def start(self) -> None:
        """Open the writer's connection."""
        self.lock()
        await asyncio.get_running_loop().run_in_executor(self._writer, self._open)

    def _open(self) -> None:
        self._engine = lite_engine(self.path)
        self._connection = calling(self._engine.connect)

    async def stop(self) -> None:
        """Close every connection and give the folder free."""
        loop = asyncio.get_running_loop()
        if self._connection is not None:
            await loop.run_in_executor(self._writer, self._connection.close)
        self._readers.shutdown(wait=True)
        self._writer.shutdown(wait=True)
        if self._engine is not None:
            self._engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @asynccontextmanager
    async def transaction(self, *, urgent: bool = False) -> AsyncIterator[LiteTransaction]:
        """Open the writer's transaction; commit when the block ends, roll back when it raises."""
        await self._queue.take(urgent=urgent)
        transaction = LiteTransaction(self)
        try:
            try:
                yield transaction
            except BaseException:
                # Also when it seems not begun: who is cancelled while BEGIN waits for another process begins all the same.
                await asyncio.shield(self._hop(self._roll_back))
                raise
            if transaction.begun:
                await asyncio.shield(self._hop(self._commit))
        finally:
            self._queue.leave()

    async def write(self, question: Question[Answer], *args: Any, urgent: bool = False, **kwargs: Any) -> Answer:
        """Run one query function in a transaction of its own, in one hop."""
        await self._queue.take(urgent=urgent)
        try:
            return await asyncio.shield(self._hop(self._unit, question, args, kwargs))
        finally:
            self._queue.leave()

    async def read(self, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Run one query function on a reader's snapshot."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._look, question, args, kwargs)

    async def glance(self, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Run one query function of a single statement on a reader's snapshot."""
        return await self.read(_glance, question, *args, **kwargs)

    async def in_writer(
        self, transaction: LiteTransaction, question: Question[Answer], *args: Any, last: bool = False, **kwargs: Any
    ) -> Answer:
        """Run one query function in a transaction, and commit when it is the last."""
        return await self._hop(self._step_in, transaction, question, args, kwargs, last)

    async def _hop(self, function: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, calling, function, *args)

    def _say(self, sql: str) -> None:
        self._open_connection().exec_driver_sql(sql)

    def _roll_back(self) -> None:
        # A full disk makes SQLite roll back by itself; then there is nothing left to undo.
        driver = self._open_connection().connection.driver_connection
        if isinstance(driver, sqlite3.Connection) and driver.in_transaction:
            self._say("ROLLBACK")

    def _commit(self) -> None:
        try:
            self._say("COMMIT")
        except DBAPIError:
            self._roll_back()
            raise

    def _step_in(
        self,
        transaction: LiteTransaction,
        question: Question[T],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        last: bool,
    ) -> T:
        if not transaction.begun:
            self._say("BEGIN IMMEDIATE")
            transaction.begun = True
        answer = self._step(question, args, kwargs)
        if last:
            self._commit()
            transaction.begun = False
        return answer

    def _step(self, question: Question[T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        return drive(question(LiteSession(self._open_connection()), *args, **kwargs))  # type: ignore[arg-type]

    def _unit(self, question: Question[T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        self._say("BEGIN IMMEDIATE")
        try:
            answer = self._step(question, args, kwargs)
        except BaseException:
            self._roll_back()
            raise
        self._commit()
        return answer

    def _look(self, question: Question[T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        answer: T = calling(self._look_once, question, args, kwargs)
        return answer

    def _look_once(self, question: Question[T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        if self._engine is None:
            raise ServiceAway(f"the store {self.path} is not open")
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                return drive(question(LiteSession(connection), *args, **kwargs))  # type: ignore[arg-type]
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def _open_connection(self) -> Connection:
        if self._connection is None:
            raise ServiceAway(f"the store {self.path} is not open")
        return self._connection


async def _glance(session: LiteSession, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
    return await question(Glance(session), *args, **kwargs)


def calling(function: Callable[..., T], *args: Any) -> T:
    """Call, and say in the hub's words when the file does not let us."""
    try:
        return function(*args)
    except OperationalError as error:
        raise ServiceAway(f"SQLite: {error.orig}. Is the disk full or the file locked by another program?") from error


def lite_engine(path: Path) -> Engine:
    """Make an engine whose connections are in autocommit, so that we say BEGIN, COMMIT and ROLLBACK ourselves."""
    engine = create_engine(
        f"sqlite:///{path}",
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,  # an error's words reach logs and operators; what people wrote must not
        connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False},
        pool_size=READERS + 1,
        max_overflow=0,
    )
    event.listen(engine, "connect", _set_pragmas)
    return engine


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def lock_folder(folder: Path) -> int:
    """Take the folder for this process; returns the descriptor that holds the lock until it is closed."""
    lock_file = folder / "hub.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # names and addresses lie in it
        descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise NotAllowed(
            f"{folder} is not writable ({error.strerror}); choose another folder with --data DIR"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise NotAllowed(
            f"another hub is running on {folder}; stop it, or choose another folder with --data DIR"
        ) from None
    return descriptor
