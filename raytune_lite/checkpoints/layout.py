"""The names of checkpoints and of trials' logs. Other modules ask here, and write none themselves.

Opens no file.

Below a base directory or URL, which several studies and databases may share::

    study-3-18f2a/                        one study: its id, and when it was created
        .rtl-run                          the run that uses it on several machines
        logs/
            trial-00007.log               what the trial's objective printed, all attempts
            runs.log                      what detached runs printed
        trial-00007/
            attempt-2/
                step-9/                   a published checkpoint
                step-9.1/                 the same attempt has saved that step again
                .writing-<32 hex digits>  a checkpoint that is being written
                .deleting-<32 hex digits> one that is being deleted

The attempt is part of the path, so an attempt that was given up never overwrites its successor. A reference (``uri``)
names its checkpoint by the path below the study's directory, so that directory can be moved, or mounted elsewhere.

At a URL nothing is renamed, so the temporary names are missing: a checkpoint is there when its manifest is.
"""

from __future__ import annotations

import os
import re
import uuid

from ..arguments import shown

RUN_LOG = "logs/runs.log"  # below the study's directory: what the processes of detached runs printed
SHAPE = "trial-<number>/attempt-<n>/step-<n>"  # for messages
MARKER = ".rtl-run"  # in a study's directory, while it is run on several machines; see ``marker``
DEFAULT_BASE = "raytune_lite.checkpoints"  # in the working directory, where the database is on a server

# 20 digits: a longer name is not ours, and no file system takes it
TRIAL = re.compile(r"trial-(\d{1,20})", re.ASCII)
ATTEMPT = re.compile(r"attempt-(\d{1,20})", re.ASCII)
STEP = re.compile(r"step-\d{1,20}(\.\d{1,20})?", re.ASCII)
TEMPORARY = re.compile(r"\.(writing|deleting)-[0-9a-f]{32}", re.ASCII)
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+(?:::[A-Za-z0-9+.-]+)*):/+")  # Path makes one slash of two
_USER = re.compile(r"[^/]*:[^/]*@")  # a user and a password, before the host
_COPY = re.compile(r"(\.\d{1,20})?", re.ASCII)


def chosen_base(given: str | os.PathLike[str]) -> str:
    """The absolute path, or the URL, of the checkpoint directory that a user named.

    Raises:
        ValueError: a URL that holds a password, or options, or leads to a path of this machine.
    """
    text = os.fspath(given)
    url = _URL.match(text)
    if url is None:
        return os.path.abspath(text)
    scheme, rest = url[1].lower(), text[url.end() :]
    if scheme in ("file", "local"):
        raise ValueError(
            f"checkpoint_dir must be a path, or a URL of another place, got {shown(text)}. Pass the path /{rest}."
        )
    if _USER.match(rest) or "?" in rest or "#" in rest or "::" in scheme:
        raise ValueError(
            f"checkpoint_dir must be SCHEME://BUCKET/PATH without passwords and options, got a URL that begins with "
            f"{scheme}:// and holds some. Set them in the environment of every node, where neither database nor log "
            "shows them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or FSSPEC_S3 as JSON of s3fs's options, or "
            "FSSPEC_<SCHEME> of another filesystem's."
        )
    if not rest.strip("/"):
        raise ValueError(f"checkpoint_dir must name a bucket or a directory, got {shown(text)}: {scheme}://NAME.")
    return f"{scheme}://{rest.rstrip('/')}"


def is_url(base: str) -> bool:
    """Whether a directory that ``chosen_base`` or ``study_directory`` gave is a URL."""
    return "://" in base and not base.startswith("/")


def study_directory(base: str | None, database: str | None, study_id: int, created: float) -> str:
    """The directory of one study's checkpoints.

    Args:
        base: the directory, or the URL, that the user chose, or None.
        database: path of the SQLite file, or None for a server. Without ``base``, checkpoints lie beside this file.
        study_id: the study's id in its database.
        created: when the study was made, in seconds since 1970. Two databases that share a base both have a study 1.
    """
    if base is None:
        base = f"{database}.checkpoints" if database else DEFAULT_BASE
    # the study's name is not in the path: a name is data, and may hold any character
    name = f"study-{study_id}-{int(created * 1e6):x}"
    return f"{base}/{name}" if is_url(base) else os.path.join(os.path.abspath(base), name)


def trial_directory(number: int) -> str:
    """Where a trial's attempts save, below the study's directory."""
    return f"trial-{number:05d}"


def attempt_directory(number: int, attempt: int) -> str:
    """Where an attempt saves, below the study's directory."""
    return f"{trial_directory(number)}/attempt-{attempt}"


def place(number: int, attempt: int, step: int, copy: int = 0) -> str:
    """The uri of a checkpoint. ``copy``: 1, 2, ... when the same attempt saves the same step again."""
    name = f"{attempt_directory(number, attempt)}/step-{step}"
    return f"{name}.{copy}" if copy else name


def is_place(uri: str, number: int, attempt: int, step: int) -> bool:
    """Whether ``uri`` is a checkpoint of this trial, attempt and step: its first, or a later copy."""
    first = place(number, attempt, step)
    return uri == first or (uri.startswith(first) and _COPY.fullmatch(uri, len(first)) is not None)


def log_place(number: int) -> str:
    """The log of what a trial printed, below the study's directory."""
    return f"logs/{trial_directory(number)}.log"


def parts(uri: str) -> tuple[str, str, str] | None:
    """The three names of a uri, or None when it is not of the published shape."""
    names = uri.split("/")
    if len(names) != 3:
        return None
    trial, attempt, step = names
    is_ours = TRIAL.fullmatch(trial) and ATTEMPT.fullmatch(attempt) and STEP.fullmatch(step)
    return (trial, attempt, step) if is_ours else None


def temporary_name(purpose: str) -> str:
    """A new name for a directory that is being written or deleted; ``purpose`` is "writing" or "deleting"."""
    return f".{purpose}-{uuid.uuid4().hex}"
