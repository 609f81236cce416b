"""The one door to the database: short units of work behind an inter-process lock.

SQL lives in `queries/<name>.sql` with `$name` parameters; migrations in
`migrations/<number>_<name>.sql`. Points in time come back as datetimes in Asia/Shanghai.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import duckdb

from qc_pipeline.errors import HomeError
from qc_pipeline.records import SHANGHAI
from qc_pipeline.store.engines import connected
from qc_pipeline.store.lock import exclusive_lock, shared_lock

DATABASE = "qc.duckdb"
QUERY_DIR = Path(__file__).parent / "queries"
MIGRATION_DIR = Path(__file__).parent / "migrations"
_TIMESTAMP = "TIMESTAMP WITH TIME ZONE"

Params = Mapping[str, Any]
Batch: TypeAlias = Any  # a pyarrow Table, RecordBatch or reader; pyarrow carries no types


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the database's layout."""

    version: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


class _CommitFailed(Exception):
    """The work was fine, but couldn't be kept: mostly a full disk."""


class Session:
    """A unit of work: runs named SQL on one open connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(
        self, name: str, params: Params | None = None, *, batch: Batch | None = None
    ) -> list[dict[str, Any]]:
        """All rows of query `name`, as dicts in the order of its columns.

        `batch` is an Arrow table that the query reads under that name.
        """
        with self._with(batch):
            result = self._connection.execute(_query(name), _bound(params))
            columns = result.description or []
            fetched = result.fetchall()
        names = [column[0] for column in columns]
        times = [n for n, column in enumerate(columns) if str(column[1]) == _TIMESTAMP]
        found = []
        for values in fetched:
            row = dict(zip(names, values, strict=True))
            for position in times:
                if values[position] is not None:
                    row[names[position]] = values[position].astimezone(SHANGHAI)
            found.append(row)
        return found

    def one(self, name: str, params: Params | None = None) -> dict[str, Any] | None:
        """The first row of query `name`, or None."""
        rows = self.rows(name, params)
        return rows[0] if rows else None

    def run(self, name: str, params: Params | None = None, *, batch: Batch | None = None) -> None:
        """Run statement `name` for its effect; `batch` as in `rows`."""
        with self._with(batch):
            self._connection.execute(_query(name), _bound(params)).fetchall()

    def run_many(self, name: str, rows: Iterable[Params]) -> None:
        """Run statement `name` once per row of parameters. For more than some dozens of rows
        write the statement over `batch` and use `run`.
        """
        sql = _query(name)
        for row in rows:
            self._connection.execute(sql, _bound(row)).fetchall()

    def reader(self, name: str, params: Params | None = None, *, size: int = 10_000) -> Batch:
        """Query `name` as an Arrow record batch reader: batches of at most `size` rows, never
        whole in memory. To be read to its end before the session ends.
        """
        relation = self._connection.sql(_query(name), params=_bound(params) or None)
        return relation.to_arrow_reader(size)

    def shadow(self, table: str, name: str, params: Params | None = None) -> None:
        """For the rest of this session, `table` holds the rows of query `name` instead of its
        own: whatever is asked, views included, sees those.
        """
        rows = self._connection.sql(_query(name), params=_bound(params) or None)
        self._connection.register(table, rows.to_arrow_table())

    @contextmanager
    def _with(self, batch: Batch | None) -> Iterator[None]:
        if batch is None:
            yield
            return
        self._connection.register("batch", batch)
        yield
        # Not after an error: that ends the session, and its batch with it.
        self._connection.unregister("batch")


class Store:
    """The database of one home folder."""

    def __init__(self, home: Path, *, lock_timeout_s: float = 60.0) -> None:
        self.home = home
        self._path = home / DATABASE
        self._timeout_s = lock_timeout_s
        self._checked = False
        self._open = threading.local()

    def migrate(self) -> None:
        """Create the database or bring it to this version's layout.

        Each migration is one transaction together with its record. Raises HomeError if the
        database was written by a newer version, or can't be opened.
        """
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HomeError(
                f"{self.home}: {error.strerror}", remedy="choose a writable --home"
            ) from None
        with (
            self._alone(),
            exclusive_lock(self.home, timeout_s=self._timeout_s),
            self._connected(read_only=False) as connection,
        ):
            connection.execute(_query("migrations_create")).fetchall()
            applied = _applied(connection)
            _refuse_foreign(applied, self.home)
            for migration in migrations():
                if migration.version not in applied:
                    _apply(connection, migration)
        self._checked = True

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only session, together with other readers. Keep it short (two seconds).

        Inside another one of this thread it is that one: what a page shows is of one moment, and
        the database is opened once. Raises HomeError if the database is missing, of another
        version, or in use too long.
        """
        outer: Session | None = getattr(self._open, "reading", None)
        if outer is not None:
            yield outer
            return
        self._require()
        with (
            self._alone(),
            shared_lock(self.home, timeout_s=self._timeout_s),
            self._connected(read_only=True) as connection,
        ):
            self._check(connection)
            self._open.reading = Session(connection)
            try:
                yield self._open.reading
            finally:
                self._open.reading = None

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """The only session there is, in one transaction: commits on exit, rolls back on any
        error. Keep it short. Raises HomeError as `reading` does, or if the disk is full.
        """
        self._require()
        with (
            self._alone(),
            exclusive_lock(self.home, timeout_s=self._timeout_s),
            self._connected(read_only=False) as connection,
        ):
            self._check(connection)
            with _transaction(connection):
                yield Session(connection)

    def _require(self) -> None:
        if not self._path.exists():
            raise HomeError(f"{self._path} doesn't exist", remedy="run `qc scan` first")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """A thread that began to write inside another session would wait for itself."""
        if getattr(self._open, "session", False):
            raise RuntimeError("a session is already open in this thread: use that one")
        self._open.session = True
        try:
            yield
        finally:
            self._open.session = False

    @contextmanager
    def _connected(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            with connected(self._path, read_only=read_only) as connection:
                connection.execute(_query("session_settings")).fetchall()
                yield connection
        except (duckdb.IOException, duckdb.FatalException, _CommitFailed) as error:
            if "not a valid DuckDB" in str(error):
                raise HomeError(
                    f"{self._path} is damaged",
                    remedy="restore it from a backup; moved away, a scan rebuilds calls and "
                    "findings from the artefacts, but registers and verdicts are lost",
                ) from error
            raise HomeError(
                f"{self._path}: {str(error).rstrip('!. ')}",
                remedy="see that the disk has room and that no other program has the file open",
            ) from error

    def _check(self, connection: duckdb.DuckDBPyConnection) -> None:
        if self._checked:
            return
        applied = _applied(connection)
        _refuse_foreign(applied, self.home)
        if len(applied) < len(migrations()):
            raise HomeError(
                f"{self.home} is from an older version", remedy="run `qc scan` to upgrade it"
            )
        self._checked = True


@lru_cache(maxsize=1)
def migrations() -> tuple[Migration, ...]:
    """The migrations this version knows, in order."""
    found = []
    for path in sorted(MIGRATION_DIR.glob("*.sql")):
        match = re.fullmatch(r"(\d{4})_(\w+)\.sql", path.name)
        if match is None:
            raise RuntimeError(f"{path.name} isn't named <four digits>_<name>.sql")
        found.append(Migration(int(match[1]), match[2], path.read_text("utf-8")))
    return tuple(found)


@cache
def _query(name: str) -> str:
    return (QUERY_DIR / f"{name}.sql").read_text("utf-8")


def _bound(params: Params | None) -> dict[str, Any]:
    return {} if params is None else dict(params)


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    try:
        connection.commit()
    except duckdb.Error as error:
        raise _CommitFailed(str(error)) from error


def _applied(connection: duckdb.DuckDBPyConnection) -> dict[int, str]:
    try:
        return dict(connection.execute(_query("migrations_applied")).fetchall())
    except duckdb.CatalogException:
        return {}


def _refuse_foreign(applied: Mapping[int, str], home: Path) -> None:
    known = {migration.version: migration.sha256 for migration in migrations()}
    for version, sha256 in sorted(applied.items()):
        if version not in known:
            raise HomeError(
                f"{home} is from a newer version (layout {version}, this one knows {max(known)})",
                remedy="upgrade qc-pipeline, or use another --home",
            )
        if sha256 != known[version]:
            raise HomeError(
                f"{home} was made by another build (layout {version} differs)",
                remedy="use the build that made it, or use another --home",
            )


def _apply(connection: duckdb.DuckDBPyConnection, migration: Migration) -> None:
    with _transaction(connection):
        connection.execute(migration.sql).fetchall()
        connection.execute(
            _query("migrations_record"),
            {
                "version": migration.version,
                "name": migration.name,
                "sha256": migration.sha256,
            },
        ).fetchall()
