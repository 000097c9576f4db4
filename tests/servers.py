"""Real database servers for tests: PostgreSQL and MariaDB from Debian's packages, each on a temporary directory.

A fixture starts one server a session, on a free port, as an unprivileged user (both refuse to run as root). A test asks
it for fresh databases, and may stop, kill and start it: it ends only processes that it started, by their pid.
Nothing waits for the disk, so a server may be killed at any moment, but the machine may not.
"""

from __future__ import annotations

import contextlib
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

USER, PASSWORD = "rtl", "s3cr3t"
_DEADLINE = 60.0  # seconds for a server to come up, or to go


class Server:
    """One server process: ``url(name)`` gives a fresh database; ``start`` and ``stop`` keep the port and the data."""

    package = driver = ""
    dialect = ""  # as URLs name it
    users: tuple[str, ...] = ()
    default_database = ""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix=f"rtl-{self.dialect}-", dir="/tmp"))
        self.data, self.log = self.directory / "data", self.directory / "log"
        self._account: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = _first_account(self.users)
            self._account = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._names = 0
        try:
            self._make()
            self.start()
            self._prepare()
        except BaseException:
            self.close()
            raise

    # --- what a kind of server knows

    def _make(self) -> None:
        raise NotImplementedError

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _prepare(self) -> None:
        """After the first start."""

    def connect(self, database: str = "") -> Any:
        """The driver's own connection, in autocommit mode."""
        raise NotImplementedError

    # --- for tests

    @property
    def pid(self) -> int | None:
        """Of the running server; None when it is down."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    def url(self, database: str = "") -> str:
        """The URL of a fresh, empty database. One of this name is dropped first; "" makes up a new name."""
        self._names += 1
        database = database or f"test_{os.getpid()}_{self._names}"
        self.execute(f"DROP DATABASE IF EXISTS {database}")
        self.execute(self._create(database))
        # with the driver's name, so that Optuna takes it too
        return f"{self.dialect}+{self.driver}://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def _create(self, database: str) -> str:
        return f"CREATE DATABASE {database}"

    def execute(self, sql: str, database: str = "") -> list[tuple[Any, ...]]:
        """Run one statement, past everything of ours, and return its rows."""
        with contextlib.closing(self.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def start(self) -> None:
        """Start the server where its data are, on its port, and wait until it answers."""
        deadline = time.monotonic() + _DEADLINE
        while time.monotonic() < deadline:
            if self.pid is None:  # the first try, or its predecessor's children were not gone yet
                with open(self.log, "ab") as log:
                    self._process = subprocess.Popen(
                        self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                        start_new_session=True, **self._account,
                    )  # fmt: skip
                self._guard = self._guard_of(self._process.pid)
            with contextlib.suppress(Exception):
                self.connect().close()
                return
            time.sleep(0.1)
        raise RuntimeError(f"{self.package} did not come up in {_DEADLINE:.0f} s:\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        """Shut down in order: clients are cut off, what they committed is kept."""
        self._end(self._polite)

    def kill(self) -> None:
        """SIGKILL to the server's own process, in the middle of whatever it does."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """``stop``, then ``start``."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """SIGSTOP to the server's whole process group: connections stay open and nobody answers."""
        if self.pid is not None:
            os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT after ``pause``."""
        if self.pid is not None:
            os.killpg(self.pid, signal.SIGCONT)

    _polite = signal.SIGTERM

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if self._guard is not None:  # first: it must not outlive the pid that it knows
            self._guard.kill()
            self._guard.wait()
            self._guard = None
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGCONT)
            process.send_signal(how)
            try:
                process.wait(_DEADLINE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def close(self) -> None:
        """Kill it and remove its files."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _guard_of(self, pid: int) -> subprocess.Popen[bytes]:
        """A shell that waits for the end of this process, however it ends, and then kills the server."""
        if self._guard is not None:
            self._guard.kill()
            self._guard.wait()
        script = 'read -r _; kill -9 "$0"; sleep 2; rm -rf "$1"'
        command = ["/bin/sh", "-c", script, str(pid), str(self.directory)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)

    def _run(self, *command: str, **more: Any) -> None:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=self.directory, **self._account, **more
        )
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")


class PostgreSQL(Server):
    """The newest PostgreSQL of Debian's that is installed."""

    package, driver, dialect = "postgresql", "psycopg2", "postgresql"
    users = ("postgres", "nobody")
    _polite = signal.SIGINT  # "fast": does not wait for clients to leave

    @staticmethod
    def binaries() -> Path | None:
        """The directory of initdb and postgres."""
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"), key=lambda path: int(path.split("/")[4]))
        path = found[-1] if found else shutil.which("postgres")
        return Path(path).parent if path else None

    def _make(self) -> None:
        self.binary = self.binaries() or Path()
        password = self.directory / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run(
            str(self.binary / "initdb"), "-D", str(self.data), "-U", USER, "-A", "scram-sha-256", "--no-sync",
            f"--pwfile={password}", "-E", "UTF8", "--locale=C",
        )  # fmt: skip

    def _command(self) -> list[str]:
        options = {
            "port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.directory,
            "fsync": "off", "shared_buffers": "32MB", "max_connections": 60,
        }  # fmt: skip
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return [str(self.binary / "postgres"), "-D", str(self.data), *settings]

    def connect(self, database: str = "") -> Any:
        import psycopg2

        connection = psycopg2.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname=database or "postgres",
            connect_timeout=5,
        )  # fmt: skip
        connection.autocommit = True
        return connection

    def url(self, database: str = "") -> str:
        if database and self.execute(f"SELECT 1 FROM pg_database WHERE datname = '{database}'"):
            self.execute(f"DROP DATABASE {database} WITH (FORCE)")
        return super().url(database)


class MariaDB(Server):
    """MariaDB, which stands for MySQL too: same driver, same dialect."""

    package, driver, dialect = "mariadb-server", "pymysql", "mysql"
    users = ("mysql", "nobody")

    @staticmethod
    def binaries() -> Path | None:
        """The directory of the server's binary."""
        path = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        return Path(path).parent if path and shutil.which("mariadb-install-db") else None

    def _make(self) -> None:
        self._run(
            "mariadb-install-db", "--no-defaults", f"--datadir={self.data}", "--skip-test-db",
            "--auth-root-authentication-method=normal",
        )  # fmt: skip

    def _command(self) -> list[str]:
        return [
            str((self.binaries() or Path()) / "mariadbd"), "--no-defaults", f"--datadir={self.data}",
            f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={self.directory}/sock",
            f"--pid-file={self.directory}/pid", "--character-set-server=utf8mb4",  # Debian's own setting
            "--collation-server=utf8mb4_general_ci", "--innodb-flush-log-at-trx-commit=2",
            "--innodb-buffer-pool-size=64M", "--max-connections=100", "--skip-name-resolve",
        ]  # fmt: skip

    def _connect(self, user: str, password: str, database: str) -> Any:
        import pymysql

        return pymysql.connect(
            host="127.0.0.1", port=self.port, user=user, password=password, database=database or None,
            autocommit=True, connect_timeout=5, charset="utf8mb4",
        )  # fmt: skip

    def connect(self, database: str = "") -> Any:
        if getattr(self, "_has_user", False):
            return self._connect(USER, PASSWORD, database)
        return self._connect("root", "", database)

    def _prepare(self) -> None:
        self.execute(f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}'")
        self.execute(f"GRANT ALL ON *.* TO '{USER}'@'%'")
        self._has_user = True


SERVERS: dict[str, type[Server]] = {"postgresql": PostgreSQL, "mariadb": MariaDB}


def _first_account(names: tuple[str, ...]) -> pwd.struct_passwd:
    for name in names:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError(f"none of the users {', '.join(names)} exists, and the server will not run as root.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def missing(kind: type[Any]) -> str | None:
    """Why this server cannot run here, or None."""
    import importlib.util

    if kind.binaries() is None:
        return f"no server binary: apt-get install {kind.package}"
    if importlib.util.find_spec(kind.driver) is None:
        return f"no Python driver {kind.driver}: pip install -e '.[test]'"
    return None


def start_server(name: str) -> Server:
    """Start the server ``name``; where it is missing, skip and say so (in CI with RTL_REQUIRE_SERVERS=1: fail)."""
    reason = missing(SERVERS[name])
    if reason is not None:
        if os.environ.get("CI") and os.environ.get("RTL_REQUIRE_SERVERS") == "1":
            pytest.fail(f"{name}: {reason}", pytrace=False)
        pytest.skip(f"{name}: {reason}")
    return SERVERS[name]()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """A PostgreSQL server of this session's own."""
    server = start_server("postgresql")
    yield server
    server.close()


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    """A MariaDB server of this session's own."""
    server = start_server("mariadb")
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def any_storage(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database, on each of the three."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/study.db"
    server: Server = request.getfixturevalue(f"{request.param}_server")
    return server.url()
