"""What an attempt may send: the bounds of names, texts and batches, and whether a report can be true.

An attempt runs the user's code in another process, so all that it sends is checked. Every check is made before a
handler changes anything. The bounds are those of the narrowest database, so that a study may move to any; the
functions are cheap enough for each message.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..arguments import shown
from ..base_trial import CONSTRAINT_PREFIX, constraint_value
from ..checkpoints import layout
from ..distributions import (
    CategoricalDistribution,
    Distribution,
    check_compatibility,
    distribution_to_json,
)
from ..exceptions import MessageError
from ..trial import FIXED_KEY, OWN_PREFIX
from .messages import CheckpointRef, ParamValue, Progress
from .trials import TrialRecord

MAX_STEP = 2**31 - 1  # Optuna's column is a 32-bit integer
MAX_NAME = 512  # characters of a study's, a parameter's or an attribute's name: Optuna's columns
MAX_TEXT = 65_535  # characters of an attribute's or a distribution's JSON: MySQL's TEXT, in Optuna's columns
MAX_ITEMS = 50_000  # reports (or parameters, or attributes) of one message: they are one transaction
MAX_GATHERED = 1 << 20  # characters of attributes and choices that an attempt gathers before it sends them
MAX_MESSAGE = 4 << 20  # bytes of one message of an attempt: twice what MAX_GATHERED can become as JSON, and room
MAX_REASON = 500  # bytes of JSON
MAX_ERROR, MAX_TRACEBACK = 8_000, 40_000  # bytes of JSON; together one attribute, see MAX_TEXT


def clip(text: str, limit: int) -> str:
    """``text``, with its middle cut out when its JSON would be longer than ``limit`` bytes."""
    if len(text) <= limit and len(json.dumps(text)) <= limit:
        return text
    keep = limit - 60
    while True:
        head = keep // 4  # the end of a traceback is the most useful part
        cut = f"{text[:head]}\n... {len(text) - keep} characters left out ...\n{text[len(text) - keep + head:]}"
        if len(json.dumps(cut)) <= limit:
            return cut
        keep = keep * 3 // 4  # JSON writes a quote as two characters, a smiley as twelve


def check_name(what: str, name: Any) -> None:
    """Refuse a name that a database cannot hold: it would block the reports of all attempts.

    Raises:
        TypeError: not a str.
        ValueError: too long, or with what a database does not hold: NUL, half a surrogate pair.
    """
    if not isinstance(name, str):
        raise TypeError(f"{what} must be a str, got {shown(name)}.")
    if len(name) > MAX_NAME or "\0" in name or not (name.isascii() or _is_unicode(name)):
        raise ValueError(
            f"{what} must be valid Unicode without NUL, at most {MAX_NAME} characters; got {shown(name, 60)}."
        )


def _is_unicode(text: str) -> bool:
    return text.encode("utf-8", "replace").decode() == text


def check_json(what: str, text: str) -> None:
    """Refuse an attribute's JSON text that a reader could not parse, or that a database cannot hold.

    Raises:
        ValueError: see above; the message says the way out.
    """
    if len(text) > MAX_TEXT:
        raise ValueError(
            f"{what} may have {MAX_TEXT} characters as JSON (the database's column), got {len(text)}; keep it in a "
            "file, for example in trial.checkpoint_dir(), and store its path."
        )
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MessageError(f"{what} must be JSON text, got {shown(text)} ({error!r:.200}).") from None
    if not text.isascii() and (not _is_unicode(text) or "\0" in text):
        raise MessageError(f"{what} must be JSON of valid Unicode, got {shown(text)}.")


def check_distribution(name: str, distribution: Distribution) -> None:
    """Refuse a parameter's name or distribution that a database cannot hold.

    Raises:
        TypeError, ValueError: see ``check_name``; or its choices are too long.
    """
    check_name("a parameter's name", name)
    if not isinstance(distribution, CategoricalDistribution):
        return
    try:
        fits = len(distribution.choices) < MAX_TEXT and len(distribution_to_json(distribution)) <= MAX_TEXT
    except ValueError:  # an int of more digits than Python writes
        fits = False
    if not fits:
        raise ValueError(
            f"parameter {name!r}: its choices may have {MAX_TEXT} characters as JSON (the database's column), got "
            "more; use short names, and map them to values in the objective."
        )


def check_progress(trial: TrialRecord, progress: Progress, space: Mapping[str, Distribution], objectives: int) -> None:
    """Refuse progress that an attempt of this trial cannot have made. Changes nothing.

    Args:
        trial: the trial of the attempt that sent it.
        progress: what it sent.
        space: the study's parameters, with their newest distributions.
        objectives: number of the study's objectives.

    Raises:
        MessageError: a wrong step, value, attribute or number of seconds, or a checkpoint of another trial or outside
            its place.
        IncompatibleDistributionError, ValueError, TypeError: a parameter that the study cannot have.
    """
    for param in progress.params:
        _check_param(trial, param, space)
    check_attrs(progress.user_attrs)
    for key, text in progress.system_attrs:
        check_system_attr(key, text)
    for key, value in progress.constraints:
        check_constraint(key, value)
    if progress.checkpoint is not None:
        _check_checkpoint(trial, progress.checkpoint)
    _check_seconds(progress.trained)
    _check_seconds(progress.saving)
    if progress.gpus:
        check_name("the ids of an attempt's GPUs", progress.gpus)
    for _, seconds in progress.trained_at:
        _check_seconds(seconds)
    check_reports(progress.reports, (objectives,))


def _check_seconds(seconds: float) -> None:
    if not 0.0 <= seconds < math.inf:
        raise MessageError(f"an attempt has trained for some seconds >= 0, got {shown(seconds)}.")


def check_price(price: float) -> None:
    """Refuse what is no price of an hour.

    Raises:
        MessageError: it is not finite, or below 0.
    """
    if not 0.0 <= price < math.inf:
        raise MessageError(f"a price must be a finite amount of money >= 0 an hour, got {price!r}.")


def check_attrs(pairs: Iterable[tuple[str, str]]) -> None:
    """Refuse attributes (key, JSON text) that a database cannot hold or a reader cannot parse; see check_json."""
    for key, text in pairs:
        check_name("an attribute's key", key)
        check_json(f"attribute {key!r}", text)


def check_system_attr(key: Any, text: str) -> None:
    """Refuse a system attribute that a database cannot hold, or by whose key a study keeps what follows from events.

    Raises:
        TypeError, ValueError: see above.
    """
    check_name("a system attribute's key", key)
    if key == FIXED_KEY or key.startswith((CONSTRAINT_PREFIX, OWN_PREFIX)):
        raise ValueError(
            f"system attribute {shown(key)} is this package's own; constraints are set with trial.set_constraint(), "
            "and all other keys are free."
        )
    check_json(f"system attribute {key!r}", text)


def check_constraint(key: Any, value: Any) -> None:
    """Refuse a constraint whose key a database cannot hold, or whose value is no number or NaN.

    Raises:
        TypeError, ValueError: see above.
    """
    check_name("a constraint's key", key)
    check_name("a constraint's key", f"{CONSTRAINT_PREFIX}{key}")
    if type(value) is not float:
        raise ValueError(f"constraint {key!r} must be a float, got {shown(value)}.")
    constraint_value(key, value)


def check_reports(reports: Iterable[tuple[int, tuple[float, ...]]], lengths: tuple[int, ...]) -> None:
    """Refuse reports that cannot be stored.

    Args:
        reports: (step, values) each. A step is an integer of the database's column; NaN is a number.
        lengths: how many values a report may have; the last is the study's number of objectives.

    Raises:
        MessageError: a step or a value is wrong.
    """
    for step, values in reports:
        if type(step) is not int or not 0 <= step <= MAX_STEP:
            raise MessageError(f"a report's step must be an integer in [0, {MAX_STEP}], got {shown(step)}.")
        if len(values) not in lengths:
            raise MessageError(
                f"a report of this study needs a value for each of its {lengths[-1]} objective(s), got "
                f"{shown(values)} at step {step}."
            )
        for value in values:
            if type(value) is not float and not isinstance(value, (float, int)):
                raise MessageError(f"a report's value must be a number, got {shown(value)} at step {step}.")


def _check_param(trial: TrialRecord, param: ParamValue, space: Mapping[str, Distribution]) -> None:
    name, distribution = param.name, param.distribution
    known = space.get(name)
    if known is not distribution:  # else it has passed these checks before
        check_distribution(name, distribution)
        if known is not None:
            check_compatibility(name, known, distribution)
    if not distribution.contains(param.value):
        raise MessageError(f"parameter {name!r}: its value {param.value!r} is not in {shown(distribution)}.")
    for fixed, text in trial.fixed:
        if fixed == name and distribution.to_internal_repr(json.loads(text)) != param.value:
            raise MessageError(
                f"parameter {name!r} of trial {trial.number} is fixed to {shown(text)} (a grid cell or an enqueued "
                f"trial), got {shown(distribution.to_external_repr(param.value))}."
            )


def _check_checkpoint(trial: TrialRecord, ref: CheckpointRef) -> None:
    """A reference must lie where its own attempt saves: what is dropped later is deleted, whoever owned it."""
    is_own = layout.is_place(ref.uri, trial.number, ref.attempt, ref.step)
    if not is_own or not 1 <= ref.attempt <= trial.attempt or not 0 <= ref.step <= MAX_STEP:
        raise MessageError(
            f"a checkpoint of trial {trial.number}, attempt {trial.attempt} lies at {layout.SHAPE} of that trial, got "
            f"{shown(ref.uri)} for attempt {ref.attempt}, step {ref.step}; nothing was recorded or deleted."
        )
    check_name("a checkpoint's digest", ref.digest)
