"""The commands that act on a study that another process runs, or owns. They find that process through the database."""

from __future__ import annotations

import json
from typing import Any

import click

from .base import cli, existing_url, json_option, open_study, refuse, storage_options, study_options

_GRACE = click.option(
    "--grace", type=click.FloatRange(0.0), default=30.0, show_default=True, metavar="SECONDS",
    help="How long a trial has to finish its step and save, before its task is killed.",
)  # fmt: skip


def _say(as_json: bool, sentence: str, **fields: Any) -> None:
    from ..display.text import printable

    click.echo(json.dumps(fields) if as_json else printable(sentence))


@cli.command()
@study_options
@json_option
def stop(storage: str | None, storage_env: str | None, study_name: str | None, as_json: bool) -> None:
    """Have the run start nothing new; running trials end by themselves.

    \b
    Example:
      raytune-lite stop --study train
    """
    study = open_study(storage, storage_env, study_name)
    study.stop()
    _say(as_json, f"{study.study_name}: nothing new starts; the run ends when its running trials have ended.",
         study=study.study_name, done="stop")  # fmt: skip


@cli.command()
@study_options
@click.argument("number", type=click.IntRange(0))
@_GRACE
@json_option
def kill(
    storage: str | None, storage_env: str | None, study_name: str | None, number: int, grace: float, as_json: bool
) -> None:
    """Stop trial NUMBER for good; it ends as PRUNED.

    \b
    Example:
      raytune-lite kill 17 --study train
    """
    study = open_study(storage, storage_env, study_name)
    state = study.stop_trial(number, grace=grace).name
    running = f"it is running, and ends within {grace:g} s" if state == "RUNNING" else f"it is {state}"
    _say(as_json, f"{study.study_name}: trial {number} is stopped; {running}.",
         study=study.study_name, done="kill", number=number, state=state)  # fmt: skip


@cli.command()
@study_options
@_GRACE
@json_option
def pause(
    storage: str | None, storage_env: str | None, study_name: str | None, grace: float, as_json: bool
) -> None:
    """Have the run free all its slots until `unpause`.

    Running trials save and end; they go on first then.

    \b
    Example:
      raytune-lite pause --study train
    """
    study = open_study(storage, storage_env, study_name)
    n = study.pause(grace=grace)
    _say(as_json, f"{study.study_name}: paused; {n} running trial(s) save and end within {grace:g} s.",
         study=study.study_name, done="pause", running=n)  # fmt: skip


@cli.command()
@study_options
@json_option
def unpause(storage: str | None, storage_env: str | None, study_name: str | None, as_json: bool) -> None:
    """Have a paused run go on.

    \b
    Example:
      raytune-lite unpause --study train
    """
    study = open_study(storage, storage_env, study_name)
    study.unpause()
    _say(as_json, f"{study.study_name}: goes on.", study=study.study_name, done="unpause")


@cli.command()
@study_options
@click.option("--n-trials", type=click.IntRange(1), metavar="N", help="How many more.")
@click.option("--max-trials", type=click.IntRange(1), metavar="N", help="Or the study's new total.")
@json_option
def extend(
    storage: str | None,
    storage_env: str | None,
    study_name: str | None,
    n_trials: int | None,
    max_trials: int | None,
    as_json: bool,
) -> None:
    """Have the run start more configurations.

    \b
    Example:
      raytune-lite extend --n-trials 50 --study train
    """
    if (n_trials is None) == (max_trials is None):
        refuse("give one of --n-trials (how many more) and --max-trials (the study's new total).")
    study = open_study(storage, storage_env, study_name)
    left = study.extend(n_trials=n_trials, max_trials=max_trials)
    more = "as many as it likes" if left is None else f"{left} more"
    _say(as_json, f"{study.study_name}: the run may start {more}.",
         study=study.study_name, done="extend", left=left)  # fmt: skip


@cli.command()
@study_options
@click.argument("slots", type=click.IntRange(1))
@_GRACE
@json_option
def resize(
    storage: str | None, storage_env: str | None, study_name: str | None, slots: int, grace: float, as_json: bool
) -> None:
    """Have the run use at most SLOTS slots.

    When more trials run, those end that lose least, and go on first when there is room.

    \b
    Example:
      raytune-lite resize 4 --study train
    """
    study = open_study(storage, storage_env, study_name)
    n = study.resize(slots, grace=grace)
    ends = f"; {n} running trial(s) save and end within {grace:g} s" if n else ""
    _say(as_json, f"{study.study_name}: at most {slots} trial(s) at once{ends}.",
         study=study.study_name, done="resize", slots=slots, running=n)  # fmt: skip


@cli.command()
@study_options
@click.argument("params", nargs=-1, required=True, metavar="NAME=VALUE...")
@json_option
def enqueue(
    storage: str | None, storage_env: str | None, study_name: str | None, params: tuple[str, ...], as_json: bool
) -> None:
    """Have a configuration run next: in the run that is under way, else in the next one.

    A VALUE is JSON, or else a text. Parameters that are left out are sampled.

    \b
    Example:
      raytune-lite enqueue lr=0.01 optimizer=adam --study train
    """
    chosen = dict(_pair(text) for text in params)
    study = open_study(storage, storage_env, study_name)
    number = study._enqueue(chosen)
    _say(as_json, f"{study.study_name}: trial {number} waits for a slot of the run, or of the next one.",
         study=study.study_name, done="enqueue", number=number)  # fmt: skip


@cli.command()
@study_options
@click.option("--force", is_flag=True, help="Also when the owner lives; its run ends then.")
@json_option
def release(
    storage: str | None, storage_env: str | None, study_name: str | None, force: bool, as_json: bool
) -> None:
    """Take a study from an owner that hangs, or that is dead and cannot be proved so.

    Without this command a new run takes it after 15 s of silence.

    \b
    Example:
      raytune-lite release --study train
    """
    study = open_study(storage, storage_env, study_name)
    former = study.release(force=force)
    what = "nobody owned it" if former is None else f"taken from {former}; the next run need not wait"
    _say(as_json, f"{study.study_name}: {what}.", study=study.study_name, done="release", owner=former)


@cli.command()
@study_options
@json_option
def compact(storage: str | None, storage_env: str | None, study_name: str | None, as_json: bool) -> None:
    """Give up the log of events of a study that nobody runs, and keep the state that it led to.

    All else stays, and the study can be continued. What is lost: see compact_study in the documentation of the package.

    \b
    Example:
      raytune-lite compact --study train
    """
    from ..study import compact_study

    study = open_study(storage, storage_env, study_name)
    found = compact_study(study_name=study.study_name, storage=existing_url(storage, storage_env))
    room = "" if found.before is None or found.after is None else (
        f"; the file has {found.after / 1e6:.1f} MB, before {found.before / 1e6:.1f} MB"
    )
    _say(as_json, f"{study.study_name}: {found.events} events were given up{room}.", study=study.study_name,
         done="compact", events=found.events, before=found.before, after=found.after)  # fmt: skip


@cli.command()
@storage_options
@click.argument("study_name", metavar="STUDY")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete(storage: str | None, storage_env: str | None, study_name: str, yes: bool, as_json: bool) -> None:
    """Delete STUDY, with its trials and its log of events, for good. Asks first.

    The files of its checkpoints stay; the command says where they are. A run of the study fails at its next write.

    \b
    Example:
      raytune-lite delete old --storage sqlite:///raytune_lite.db
    """
    from ..display.text import printable
    from ..study import delete_study

    study = open_study(storage, storage_env, study_name)
    n, left = sum(study.state_counts().values()), len(study.checkpoints)
    root = study.checkpoint_root
    if not yes:
        owner = study.find_owner()
        run = f", which {owner[0]} runs now" if owner is not None and owner[1] else ""
        question = f"Delete study {study_name!r}{run}, with {n} trial(s)? This cannot be undone."
        click.confirm(printable(question), abort=True, err=True)
    study.close()
    delete_study(study_name=study_name, storage=existing_url(storage, storage_env))
    files = f" The files of {left} checkpoint(s) stay in {root}; delete what is there if nobody needs it."
    said = f"{study_name}: deleted, with {n} trial(s).{files if left else ''}"
    _say(as_json, said, study=study_name, done="delete", trials=n,
         checkpoint_directory=root if left else None)  # fmt: skip


def _pair(text: str) -> tuple[str, Any]:
    name, found, value = text.partition("=")
    if not found or not name:
        refuse(f"a parameter is NAME=VALUE, got {text!r}; for example lr=0.01.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
