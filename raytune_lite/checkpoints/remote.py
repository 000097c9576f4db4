"""The one door to fsspec: the filesystem behind a URL, and what it raises as errors of ours. Knows no checkpoint.

Passwords come from the environment alone (the cloud's own variables, or fsspec's), and stand in no message.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

from .. import masking
from ..exceptions import CheckpointDiskError, CheckpointError

_EXTRAS = {
    "s3": 'pip install "raytune-lite[s3]"', "s3a": 'pip install "raytune-lite[s3]"', "gs": "pip install gcsfs",
    "gcs": "pip install gcsfs", "az": "pip install adlfs", "abfs": "pip install adlfs", "abfss": "pip install adlfs",
}  # fmt: skip
_SHORTEST = 8  # characters of a secret; a shorter value of a variable may be a word
# what waiting does not mend, beside PermissionError and FileNotFoundError (no such bucket); names of botocore's
_OF_THE_USER = {
    "NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "ProfileNotFound", "NoRegionError",
    "InvalidRegionError", "ParamValidationError", "TokenRetrievalError", "SSOTokenLoadError",
    "UnauthorizedSSOTokenError",
}  # fmt: skip
_WAY_OUT = (
    "Is that bucket there, and has every node the credentials to read, write, list and delete in it, in its "
    "environment? `raytune-lite doctor --checkpoint-dir URL` tries it."
)
_LATER = "Trials that cannot save are tried again until it works."


def check_installed(url: str) -> None:
    """Refuse a URL that no installed package can open. Connects to nothing.

    Raises:
        ValueError: there is no such scheme, or a package is missing; the message has the line that installs it.
    """
    scheme = url.partition("://")[0]
    line = _EXTRAS.get(scheme, "pip install fsspec, and the package of that filesystem")
    try:
        import fsspec
    except ImportError:
        raise ValueError(f"checkpoint_dir {url} needs the package fsspec, which is not installed: {line}.") from None
    try:
        fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        raise ValueError(f"checkpoint_dir {url} needs a package that is not installed: {line} ({error}).") from None
    except ValueError:
        raise ValueError(
            f"checkpoint_dir {url}: fsspec knows no {scheme}://. Use s3://, gs://, az:// or another one of "
            "fsspec.available_protocols(), or the path of a directory."
        ) from None


def filesystem(url: str) -> tuple[Any, str]:
    """The filesystem of a URL, and the URL's path on it. Connects to nothing.

    Raises:
        ValueError: see ``check_installed``.
        CheckpointError: the options in the environment are none of that filesystem.
    """
    check_installed(url)
    import fsspec

    with errors("the checkpoints cannot be reached", url):
        # other processes write and delete there: a listing that is kept is wrong
        more = {"auto_mkdir": True} if url.startswith(("file://", "local://")) else {}
        found: tuple[Any, str] = fsspec.core.url_to_fs(url, use_listings_cache=False, **more)
    return found


@contextlib.contextmanager
def errors(what: str, url: str) -> Iterator[None]:
    """Turn whatever a filesystem raises into a CheckpointError with the URL and the way out.

    ``what``: what could not be done.

    Raises:
        CheckpointDiskError: the object store, or the way to it, failed.
        CheckpointError: there is no such bucket, or it may not be used.
    """
    try:
        yield
    except CheckpointError:
        raise
    except Exception as error:  # noqa: BLE001  (each filesystem has errors of its own)
        is_users = isinstance(error, (PermissionError, FileNotFoundError, ValueError, TypeError))
        is_users = is_users or type(error).__name__ in _OF_THE_USER
        kind, way_out = (CheckpointError, _WAY_OUT) if is_users else (CheckpointDiskError, _LATER)
        said = masked(f"{type(error).__name__}: {error}")
        raise kind(f"{what}: {said} ({url}). {way_out} Checkpoints published before are untouched.") from OSError(said)


def masked(text: str) -> str:
    """``text`` without what may be a password: by its place, its name, or as the value of a variable of such a name."""
    for value in _secrets():
        text = text.replace(value, "***")
    return masking.masked(text)


def _secrets() -> Iterator[str]:
    """What of the environment no message may show."""
    for name, value in os.environ.items():
        options = _json(value) if name.startswith("FSSPEC_") else {}
        for key, found in {name: value, **options}.items():
            if isinstance(found, str) and len(found) >= _SHORTEST and masking.is_secret(key):
                yield found


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


__all__ = ["check_installed", "errors", "filesystem", "masked"]
