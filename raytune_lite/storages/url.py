"""Storage URLs: what is accepted, what is shown, and how one travels as text. Opens no connection.

A password is never shown. What ``mask`` returns is for people: it is never parsed again.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from ..arguments import without_surrogates
from ..exceptions import StorageURLError
from ..masking import NAME

# dialect -> driver modules in the order we try them, each with its SQLAlchemy name and pip package; then our extra
_DRIVERS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "postgresql": (("psycopg2", "psycopg2", "psycopg2-binary"), ("psycopg", "psycopg", "psycopg")),
    "mysql": (("pymysql", "pymysql", "pymysql"),),
    "mariadb": (("pymysql", "pymysql", "pymysql"),),
}
_EXTRAS = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql"}
# parameters whose values may hold a password: by their name, or as a whole connection string
_SECRET_NAME = rf"{NAME}|options|odbc_connect"
_SECRET_KEYS = re.compile(_SECRET_NAME, re.IGNORECASE)
# a user that is a token: services take one in the user's place, without a password. Names of people are short
_TOKEN_LENGTH = 32
_UPLOADED = f"{os.sep}working_dir_files{os.sep}_ray_pkg_"  # Ray's copy of a submitted job's folder
_SQLITE_OPTIONS = (  # of Python's sqlite3, which SQLAlchemy passes on
    "cache", "cached_statements", "check_same_thread", "detect_types", "isolation_level", "mode", "timeout", "uri",
)  # fmt: skip
_EXAMPLES = "sqlite:///study.db, postgresql://user:password@host/db, mysql://user:password@host/db"


def mask(url: str | URL) -> str:
    """``url`` as text that may be shown: what may be a password in it, wherever it stands, is ``***``."""
    if isinstance(url, URL):
        parsed = url
    else:
        url = without_surrogates(url)
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            # not a URL, but it may still hold what was meant as a password: everything between ":" and the last "@"
            hidden = re.sub(r"(//[^:/@]*|^(?![^:/@]*://)[^:/@]*):.*@", r"\1:***@", url, flags=re.DOTALL)
            return re.sub(rf"((?:{_SECRET_NAME})\w*=)[^&\s]*", r"\1***", hidden, flags=re.IGNORECASE)
    secret = [key for key in parsed.query if _SECRET_KEYS.search(key)]
    shown = parsed.update_query_dict(dict.fromkeys(secret, "***")) if secret else parsed
    if _is_token(shown):
        shown = shown.set(username="***")
    if shown.get_backend_name() == "sqlite" and not shown.host and shown.database:
        return _sqlite_text(shown) or f"{shown.drivername}:///{shown.database}"
    return shown.render_as_string(hide_password=True).replace("%2A%2A%2A", "***")


def secrets(url: URL) -> tuple[str, ...]:
    """What of ``url`` no message may show, wherever a driver quotes it."""
    found = [url.password, *(url.query[key] for key in url.query if _SECRET_KEYS.search(key))]
    found += [url.username] if _is_token(url) else []
    texts = [text for value in found for text in ((value,) if isinstance(value, str) else value or ())]
    return tuple(text for text in texts if text)


def _is_token(url: URL) -> bool:
    return not url.password and len(url.username or "") >= _TOKEN_LENGTH


def file_url(path: str, options: Mapping[str, Any] | None = None) -> str:
    """The URL of a SQLite file as text that ``normalize_url`` reads back as the same file.

    Args:
        path: of the file.
        options: the URL's query.

    Raises:
        StorageURLError: SQLAlchemy 2.0 has no text for a path with ``?``.
    """
    text = _sqlite_text(URL.create("sqlite", database=path, query=options or {}))
    if text is None:
        raise StorageURLError(
            f"storage {path!r}: SQLAlchemy {sa.__version__} cannot write this path as a URL; choose a path (and a "
            "working directory) without '?', or update SQLAlchemy to 2.1."
        )
    return text


def _sqlite_text(url: URL) -> str | None:
    """The path as it is where that reads back as the same file, as a user looks for it; else with %XX; else None."""
    quoted = url.render_as_string(hide_password=False)
    options = f"?{quoted.rsplit('?', 1)[1]}" if url.query else ""
    for text in (f"{url.drivername}:///{url.database}{options}", quoted):
        with contextlib.suppress(ArgumentError, ValueError):  # a path with a line break, say
            again = make_url(text)
            if (again.database, again.query) == (url.database, url.query):
                return text
    return None


def refuse_uploaded_path(path: str) -> None:
    """Refuse a SQLite file inside the copy that Ray makes of a submitted job's folder.

    Args:
        path: absolute.

    Raises:
        StorageURLError: it lies there. After any edit of the job's files the copy is another folder, and so is the
            study; the copy is deleted with the job.
    """
    if _UPLOADED in path:
        raise StorageURLError(
            f"storage {path!r} lies in the copy that Ray made of the submitted job's folder: the next submit would not "
            "find the study again after any edit. Give an absolute path outside of it, such as "
            f"sqlite:////home/me/{os.path.basename(path)}, or a server's URL."
        )


def _driver(dialect: str) -> str:
    """The driver to use where the URL names none: the first that is installed, or else the first."""
    names = [name for name, module, _ in _DRIVERS[dialect] if importlib.util.find_spec(module) is not None]
    return names[0] if names else _DRIVERS[dialect][0][0]


def _check_sqlite(url: URL, text: str) -> None:
    shown = mask(url)
    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise StorageURLError(f"storage {shown!r}: only Python's own SQLite driver is used; write sqlite:///PATH.")
    if url.host:
        name = url.host + (f"/{url.database}" if url.database else "")
        raise StorageURLError(
            f"storage {shown!r} names a host, and SQLite has none: three slashes lead to a path. "
            f"Did you mean sqlite:///{name}?"
        )
    database = url.database or ""
    if not database or database == ":memory:" or "mode=memory" in shown:
        raise StorageURLError(
            f"storage {shown!r} is SQLite in memory, which the other processes of a study cannot see: pass "
            "storage=None for a study that ends with its object, or a file: sqlite:///study.db."
        )
    if database.startswith("file:"):
        raise StorageURLError(f"storage {shown!r}: SQLite 'file:' URIs are not taken; write sqlite:///PATH.")
    unknown = [key for key in url.query if key not in _SQLITE_OPTIONS]
    if unknown or ("?" in text and not url.query):
        raise StorageURLError(
            f"storage {mask(text)!r} leads to the file {database!r}: a '?' begins options, and SQLite has no option "
            f"{text.split('?', 1)[1]!r}. For a '?' in the path write %3F (SQLAlchemy 2.1 reads it; 2.0 has no way)."
        )


def _parse(storage: str) -> URL:
    if not isinstance(storage, str):
        raise StorageURLError(f"storage must be a URL as text, got {type(storage).__name__}; for example {_EXAMPLES}.")
    if "\0" in storage or storage.encode("utf-8", "replace").decode() != storage:
        raise StorageURLError(f"storage {mask(storage)!r} must be valid Unicode without NUL; no path or host is not.")
    text = re.sub(r"^postgres(?=[:+])", "postgresql", storage)  # the spelling hosting services hand out
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        name = storage if re.fullmatch(r"[^:@?]+", storage) else "NAME.db"
        if name.endswith((".log", ".journal", ".jsonl")):
            raise StorageURLError(
                f"storage {name!r} is not a database URL; if it is a journal of Optuna's, copy its studies into a "
                f"database: raytune-lite copy STUDY --storage {name} --to-storage sqlite:///study.db."
            ) from None
        raise StorageURLError(
            f"storage {mask(storage)!r} is not a database URL; did you mean sqlite:///{name}? "
            f"Others look like {_EXAMPLES}."
        ) from None


def _check_driver(url: URL) -> None:
    """Raise unless SQLAlchemy knows the dialect and its driver package can be imported."""
    dialect, shown = url.get_backend_name(), mask(url)
    try:
        loaded = url.get_dialect()
        loaded.import_dbapi()
    except (NoSuchModuleError, AttributeError):  # AttributeError: mysql+types names a module that is no driver
        raise StorageURLError(
            f"storage {shown!r}: {url.drivername!r} is not a database this package can use; it takes sqlite, "
            f"postgresql and mysql (mariadb), as in {_EXAMPLES}."
        ) from None
    except ImportError:
        packages = [pip for name, _, pip in _DRIVERS.get(dialect, ()) if name == url.get_driver_name()]
        package = packages[0] if packages else url.get_driver_name()
        extra = _EXTRAS.get(dialect, dialect)
        raise StorageURLError(
            f"storage {shown!r} needs the Python package {package}, which is not installed here: "
            f'pip install "raytune-lite[{extra}]" (or: pip install {package}).'
        ) from None
    if loaded.is_async:
        raise StorageURLError(
            f"storage {shown!r}: {url.get_driver_name()} is an async driver; write {dialect}://... for the usual one."
        )


def normalize_url(storage: str) -> sa.URL:
    """Parse a storage URL, check that it can work here, and name its driver.

    Args:
        storage: ``sqlite:///PATH``, ``postgresql://...`` or ``mysql://...``; a driver may be named, as SQLAlchemy
            does (``mysql+mysqldb://``).

    Returns:
        The URL with dialect and driver.

    Raises:
        StorageURLError: it does not parse, is SQLite in memory, names an unknown dialect, or its driver package is
            missing. The message shows the URL without its password, and the way out.
    """
    url = _parse(storage)
    dialect = url.get_backend_name()
    if dialect == "sqlite":
        _check_sqlite(url, storage)
        return url.set(drivername="sqlite")
    if dialect not in _DRIVERS:
        raise StorageURLError(
            f"storage {mask(url)!r}: {dialect!r} is not a database this package can use; it takes sqlite, "
            f"postgresql and mysql (mariadb), as in {_EXAMPLES}."
        )
    if "+" not in url.drivername:
        url = url.set(drivername=f"{dialect}+{_driver(dialect)}")
    _check_driver(url)
    return url
