"""``raytune-lite submit``: a script, or a command, as a job of Ray on a cluster."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import click

from ..runtime.interrupts import explained
from .base import STORAGE_VARIABLE, cli, refuse

_WAY_OUT = (
    "Ray's list of jobs and dashboard show it, and keep it; `ps` on the head shows it, too. Set it on the nodes, "
    "before Ray is started there: as an environment variable (in Kubernetes from a Secret; the storage as "
    f"{STORAGE_VARIABLE}, which scripts and raytune-lite read), or as a file, whose path may be an argument. If it is "
    "no secret: --not-secret NAME."
)


@cli.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--address", metavar="URL", help="Of the head's dashboard: http://HEAD:8265.  [default: "
              "$RAY_API_SERVER_ADDRESS, else $RAY_ADDRESS]")  # fmt: skip
@click.option("--working-dir", default=".", show_default=True, metavar="DIR", help="What is uploaded; the command runs "
              "in a copy of it.")  # fmt: skip
@click.option("--runtime-env", metavar="FILE", help="A runtime environment of Ray, as YAML or JSON.")
@click.option("--name", metavar="NAME", help="Of the job: best the study's. While a job of this name runs it is "
              "followed, and none is submitted.  [default: by the command]")  # fmt: skip
@click.option("--not-secret", "harmless", multiple=True, metavar="NAME", help="Of an argument or a variable that looks "
              "like a secret's by its name, and is none: max-tokens. Can be repeated.")  # fmt: skip
@click.option("--no-wait", "--detach", "no_wait", is_flag=True, help="Return once it is submitted.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, required=True)
def submit(
    address: str | None,
    working_dir: str,
    runtime_env: str | None,
    name: str | None,
    harmless: tuple[str, ...],
    no_wait: bool,
    command: tuple[str, ...],
) -> None:
    """Run a script on a cluster, as a job of Ray, and follow its log.

    COMMAND is a script.py of the working directory with its arguments, or any other command line. The exit code is the
    job's. Ctrl-C ends the following, not the job. The same command again follows the job that runs; when it has ended,
    it is submitted again, and a script with load_if_exists=True and max_trials= goes on with its study.

    \b
    Example:
      raytune-lite submit train.py --epochs 27
      raytune-lite submit --no-wait --name train raytune-lite run train.py:objective --max-trials 64
    """
    from ..runtime.on_ray.jobs import JobServer

    words, folder = _words(command, Path(working_dir)), Path(working_dir)
    environment = {"working_dir": str(folder.resolve()), **_environment(runtime_env)}
    _refuse_secrets(words, environment, harmless)
    chosen = _default_name(words) if name is None else _checked(name)
    if os.environ.get(STORAGE_VARIABLE):
        click.echo(
            f"{STORAGE_VARIABLE} of this machine is not passed on: Ray shows and keeps the environment of a job. The "
            f"job reads {STORAGE_VARIABLE} of the head; set it there, before Ray is started (a Secret of Kubernetes).",
            err=True,
        )
    server = JobServer(address)
    job = server.submit(chosen, shlex.join(words), environment, {"submitted_by": "raytune-lite"})
    click.echo(f"{'submitted' if job.is_new else 'already under way'}: job {job.id}", err=True)
    if no_wait:
        return
    try:
        code = server.follow(job.id, lambda text: click.echo(text, nl=False))
    except KeyboardInterrupt:
        click.echo(f"The job goes on. The same command follows it again; `ray job stop {job.id}` ends it.", err=True)
        raise explained() from None
    if code:
        click.echo(f"job {job.id} ended with exit code {code}.", err=True)
    click.get_current_context().exit(code)


def _words(command: tuple[str, ...], folder: Path) -> list[str]:
    """The command line; a script gets its ``python``."""
    if not folder.is_dir():
        refuse(f"--working-dir must be a directory, got {str(folder)!r}.")
    if not command[0].endswith(".py"):
        return list(command)
    script = Path(command[0])
    inside = script if not script.is_absolute() else Path(os.path.relpath(script, folder.resolve()))
    if not (folder / inside).is_file() or ".." in inside.parts:
        refuse(
            f"there is no script {command[0]!r} in the working directory {str(folder.resolve())!r}, which is what the "
            "cluster gets; give its path in there, or another --working-dir."
        )
    return ["python", str(inside), *command[1:]]


def _environment(path: str | None) -> dict[str, Any]:
    """The runtime environment that a file holds."""
    if path is None:
        return {}
    import yaml

    try:
        found = yaml.safe_load(Path(path).read_text(encoding="utf-8"))  # JSON is YAML, too
    except (OSError, ValueError, yaml.YAMLError) as error:
        refuse(f"--runtime-env {path}: it cannot be read ({error}).")
    if not isinstance(found, dict):
        refuse(f"--runtime-env {path}: it must hold names and values, such as env_vars: {{A: b}}.")
    return found


def _refuse_secrets(words: list[str], environment: dict[str, Any], harmless: tuple[str, ...] = ()) -> None:
    """Ray shows a job's command line and environment to everybody who may see its dashboard, and keeps them."""
    shown = _shown(words, harmless)
    if shown != words:
        refuse(f"there is a secret in the command line ({shlex.join(shown)}): {_WAY_OUT}")
    for name in _secrets(environment, "", harmless):
        refuse(f"the runtime environment holds a secret ({name}): {_WAY_OUT}")


def _shown(words: list[str], harmless: tuple[str, ...]) -> list[str]:
    from ..masking import masked_words
    from ..storages.url import mask

    shown = masked_words(words, harmless)
    return [mask(word) if "://" in word and "***" in mask(word) else word for word in shown]


def _secrets(value: Any, name: str, harmless: tuple[str, ...]) -> Iterator[str]:
    """Where in a runtime environment there may be one."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _secrets(inner, f"{name}.{key}" if name else str(key), harmless)
    elif isinstance(value, (list, tuple)):
        texts = [str(one) for one in value]
        if _shown(texts, harmless) != texts:
            yield name
    elif value is not None:
        texts = [f"{name.rpartition('.')[2]}={value}", str(value)]
        if _shown(texts, harmless) != texts:
            yield name


def _checked(name: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}", name) is None:
        refuse(f"--name must be of letters, digits and . _ -, at most 61 of them, got {name!r}.")
    return name


def _default_name(words: list[str]) -> str:
    """By the command: another argument is another job."""
    script = next((word for word in words if word.endswith(".py")), words[0])
    stem = re.sub(r"[^A-Za-z0-9]+", "-", Path(script).stem).strip("-")[:40] or "job"
    return f"{stem}-{blake2b(json.dumps(words).encode(), digest_size=4).hexdigest()}"
