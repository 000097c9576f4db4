"""A script as a job of Ray: submitted once under its name, followed, and its exit code. Knows no study.

Ray refuses a submission id that it has seen, also of a job that has ended. So a name has ids with numbers, and a job of
the name that still runs is followed instead of a second one being submitted.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...exceptions import InvalidResourcesError, RayUnavailableError
from .joining import token_hint

PREFIX = "rtl-"
_NOISY = ("ray.dashboard.modules.dashboard_sdk", "ray._private.runtime_env.packaging")  # loggers
_OVER = ("SUCCEEDED", "FAILED", "STOPPED")
REST = 1.0  # seconds between two looks at a job whose log brings nothing, has ended, or cannot be read
PATIENCE = 60.0  # seconds a job server that does not answer is asked again


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job. ``is_new``: it was submitted now; else it was running already."""

    id: str
    is_new: bool


class JobServer:
    """The job server of a cluster.

    Args:
        address: of its dashboard, ``http://HEAD:8265``; None: RAY_API_SERVER_ADDRESS, else RAY_ADDRESS, else this
            machine's.

    Raises:
        InvalidResourcesError: the address is of Ray Client.
        RayUnavailableError: no job server answers there, it asks for a token, or what is needed here is not installed.
    """

    def __init__(self, address: str | None) -> None:
        named = address or os.environ.get("RAY_API_SERVER_ADDRESS") or os.environ.get("RAY_ADDRESS", "")
        if named.startswith("ray://"):
            raise InvalidResourcesError(
                f"{named} is an address of Ray Client, which takes no jobs. Give the address of the dashboard: "
                "--address http://HEAD:8265."
            )
        try:
            from ray.job_submission import JobSubmissionClient

            for noisy in _NOISY:
                logging.getLogger(noisy).setLevel(logging.WARNING)

            self._client: Any = JobSubmissionClient(address)
        except Exception as error:  # noqa: BLE001  (Ray's own, of every kind)
            raise _unavailable(named, error) from None

    def submit(
        self, name: str, entrypoint: str, runtime_env: Mapping[str, Any], describe: Mapping[str, str]
    ) -> Submitted:
        """Submit a job, unless one of this name is under way.

        Args:
            name: of letters, digits, and ``._-``.
            entrypoint: a command line, for a shell on the head.
            runtime_env: see Ray's runtime environments.
            describe: what Ray shows with the job.

        Raises:
            RayUnavailableError: the server refuses it, or does not answer.
        """
        for _ in range(3):  # somebody else may submit the same at the same time
            last, is_under_way = self._newest(name)
            if is_under_way:
                return Submitted(_id(name, last), is_new=False)
            try:
                found = self._client.submit_job(
                    entrypoint=entrypoint,
                    submission_id=_id(name, last + 1),
                    runtime_env=dict(runtime_env),
                    metadata=dict(describe),
                )
            except Exception as error:  # noqa: BLE001  (Ray's own, of every kind)
                if "already exists" in str(error):
                    continue
                raise RayUnavailableError(f"the job was not submitted: {_first(error)}") from None
            return Submitted(str(found), is_new=True)
        raise RayUnavailableError(f"the job was not submitted: others submit {name!r} at the same time. Try again.")

    def _newest(self, name: str) -> tuple[int, bool]:
        """The number of the newest job of this name (0: there is none), and whether it is under way."""
        pattern = re.compile(re.escape(PREFIX + name) + r"(?:-(\d+))?")
        found = [(0, "STOPPED")]
        for job in self._client.list_jobs():
            match = pattern.fullmatch(job.submission_id or "")
            if match is not None:
                found.append((int(match[1] or 1), _status(job)))
        number, status = max(found)
        return number, status not in _OVER

    def follow(self, job: str, write: Callable[[str], None]) -> int:
        """Hand on the log of a job until it has ended; its exit code.

        Args:
            job: its id.
            write: called with each text.

        Raises:
            RayUnavailableError: the server has not answered for a minute. The job may go on.
        """
        n_seen, give_up = 0, time.monotonic() + PATIENCE
        while True:
            try:
                n_seen = asyncio.run(self._tail(job, n_seen, write))
                info = self._client.get_job_info(job)
                give_up = time.monotonic() + PATIENCE
            except Exception as error:  # noqa: BLE001  (Ray's and aiohttp's, of every kind)
                if time.monotonic() > give_up:
                    raise RayUnavailableError(
                        f"the job server has not answered for {PATIENCE:.0f} s ({_first(error)}). The job may go on; "
                        "the same command follows it again."
                    ) from None
                info = None
            if info is not None and _is_over(info):
                return _exit_code(info)
            time.sleep(REST)

    async def _tail(self, job: str, n_seen: int, write: Callable[[str], None]) -> int:
        """Hand on the log from its character ``n_seen``, until it ends or the connection does; how long it is.

        Ray's server says some 5 s late that a log has ended. So when nothing comes, the job is looked at.
        """
        n, texts, is_over = 0, self._client.tail_job_logs(job), False
        text: str | None
        coming = asyncio.ensure_future(anext(texts, None))
        try:
            while not is_over:
                if (await asyncio.wait({coming}, timeout=REST))[0]:
                    text = coming.result()
                    if text is None:
                        break
                    coming = asyncio.ensure_future(anext(texts, None))
                elif _is_over(await asyncio.to_thread(self._client.get_job_info, job)):
                    text = str(await asyncio.to_thread(self._client.get_job_logs, job))  # the whole
                    n, is_over = 0, True
                else:
                    continue
                n += len(text)
                if n > n_seen:
                    write(text[n_seen - n :])
                    n_seen = n
        except Exception:  # noqa: BLE001  (the connection was closed: whoever calls asks whether the job has ended)
            return n_seen
        finally:
            coming.cancel()
            await asyncio.wait({coming})
        return n_seen


def _id(name: str, number: int) -> str:
    return f"{PREFIX}{name}" if number == 1 else f"{PREFIX}{name}-{number}"


def _is_over(info: Any) -> bool:
    return _status(info) in _OVER


def _status(info: Any) -> str:
    return str(getattr(info.status, "value", info.status))


def _exit_code(info: Any) -> int:
    """As a shell has it: 128 and the signal's number for a process that a signal has ended."""
    if _status(info) == "SUCCEEDED":
        return 0
    code = info.driver_exit_code
    return 1 if not code else 128 - code if code < 0 else int(code)


def _unavailable(address: str, error: Exception) -> RayUnavailableError:
    text, where = str(error), f"at {address}" if address else "on this machine (RAY_ADDRESS is not set)"
    if "ray[default]" in text or isinstance(error, ImportError):
        return RayUnavailableError(
            "to submit jobs Ray needs more than is installed here: pip install 'raytune-lite[jobs]' (ray[default])."
        )
    if type(error).__name__ == "AuthenticationError":
        return RayUnavailableError(f"the job server {where} asks for a token. {token_hint(sure=True)}")
    if "returned 404" in text:
        return RayUnavailableError(
            f"what answers {where} is no job server of Ray: {_first(error)} Its head needs ray[default], too."
        )
    return RayUnavailableError(
        f"no job server answers {where}: {_first(error)} Give the address of the head's dashboard (--address "
        "http://HEAD:8265, or RAY_ADDRESS); a head behind a firewall is reached by ssh -L 8265:localhost:8265 HEAD, a "
        "service of Kubernetes by kubectl port-forward. The head needs ray[default]."
    )


def _first(error: Exception) -> str:
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return f"{line[:300].rstrip('.')}."


__all__ = ["JobServer", "Submitted"]
