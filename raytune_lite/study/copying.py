"""A study copied into another database, and several studies made one. A source may also be a storage of Optuna's."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..arguments import items, wrong_type
from ..distributions import Distribution, check_compatibility
from ..exceptions import IncompatibleDistributionError
from ..storages.holders import RDBStorage
from ..tracebacks import folding
from ..trial import FIXED_KEY, FrozenTrial, StudyDirection, TrialState
from .studies import create_study, delete_study, load_study
from .study import Study

Storage = Any  # a URL, an RDBStorage, the path of a journal file of Optuna's, or a storage of Optuna's
_METRICS = "study:metric_names"  # Optuna's key
ORIGIN = "rtl:merged_from"  # system attribute of a merged trial: its study and its number there


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy has, and what it has not.

    Attributes:
        study_name: the new study.
        trials: how many it has, with the configurations that wait.
        left_out: how many were not copied, by state.
        attributes_left_out: of several studies, the names of study attributes that had another value before.
    """

    study_name: str
    trials: int
    left_out: dict[str, int]
    attributes_left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A study that is read."""

    name: str
    directions: Sequence[StudyDirection]
    user_attrs: dict[str, Any]
    system_attrs: dict[str, Any]
    trials: Iterable[FrozenTrial]


@folding
def copy_study(
    *,
    from_study_name: str,
    from_storage: Storage,
    to_storage: str | RDBStorage,
    to_study_name: str | None = None,
) -> None:
    """Copy a study: its directions, attributes, finished trials, and the configurations that wait.

    Trials under way and paused ones are not copied: their attempts, checkpoints and rungs belong to their own study.
    The copy has no log of its own past; its sampler and pruner are those that its runs are given.

    Args:
        from_study_name: its name.
        from_storage: a database URL; or a storage of Optuna's, such as a JournalStorage, or the path of its file, which
            Optuna reads (extra ``optuna``).
        to_storage: a database URL, which may be the same.
        to_study_name: None: the same name.

    Raises:
        DuplicatedStudyError: ``to_storage`` has a study of this name.
        StudyNotFoundError, KeyError: no study of this name.
        ImportError: the source is a storage of Optuna's, which is not installed.
        StorageURLError, SchemaVersionError, StorageError: a storage cannot be used.
    """
    copied(from_study_name, from_storage, to_storage, to_study_name)


def copied(from_study_name: str, from_storage: Storage, to_storage: str | RDBStorage, to_name: str | None) -> Copied:
    """Do what ``copy_study`` does, and say what was left out."""
    source = _read(from_study_name, from_storage)
    target = create_study(study_name=to_name or from_study_name, storage=to_storage, directions=source.directions)
    return _fill(target, to_storage, [source], source.user_attrs, source.system_attrs, is_merge=False)


@folding
def merge_studies(
    *, from_studies: Sequence[tuple[str, Storage]], to_storage: str | RDBStorage, to_study_name: str
) -> Copied:
    """Make one new study of several: the trials of the first one, then those of the second, numbered anew.

    Parameters, values, reports and attributes of finished trials are kept, and configurations that wait; trials under
    way and paused ones are left out, as by ``copy_study``. Each trial has a system attribute ``rtl:merged_from`` with
    its study and its number there. Of an attribute that several studies have the first value stands.

    Args:
        from_studies: (name, storage) of each; for the storages see ``copy_study``.
        to_storage: a database URL, which may be one of theirs.
        to_study_name: of the new study.

    Raises:
        ValueError: there is no study to merge; they have different directions, or one parameter of different kinds.
            Nothing was made.
        DuplicatedStudyError, StudyNotFoundError, KeyError, ImportError: see ``copy_study``.
        StorageURLError, SchemaVersionError, StorageError: a storage cannot be used.
    """
    sources = [_read(*_pair(pair)) for pair in items("from_studies", from_studies, 'for example [("a", URL)]')]
    if not sources:
        raise ValueError("from_studies is empty; name the studies that are to become one.")
    _check_match(sources)
    target = create_study(study_name=to_study_name, storage=to_storage, directions=sources[0].directions)
    attrs: dict[str, Any] = {}
    for source in reversed(sources):
        attrs |= source.user_attrs
    names = {str(source.system_attrs.get(_METRICS)): source.system_attrs.get(_METRICS) for source in sources}
    metrics = next(iter(names.values())) if len(names) == 1 else None
    found = _fill(target, to_storage, sources, attrs, {} if metrics is None else {_METRICS: metrics}, is_merge=True)
    lost = {key for source in sources for key, value in source.user_attrs.items() if attrs[key] != value}
    return replace(found, attributes_left_out=tuple(sorted(lost | ({"metric_names"} if len(names) > 1 else set()))))


def _pair(given: Any) -> tuple[str, Storage]:
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise wrong_type("from_studies", "a list of (name, storage) pairs", given, 'for example [("a", URL)]')
    return given[0], given[1]


def _read(name: str, storage: Storage) -> _Source:
    """The study, with all its trials: the target may be in the same database."""
    of_optuna = type(storage).__module__.partition(".")[0] == "optuna" and type(storage).__name__ != "RDBStorage"
    if of_optuna or (isinstance(storage, str) and "://" not in storage and os.path.isfile(storage)):
        from ..integrations.optuna.external import read_study

        return _Source(**read_study(name, storage))
    study = load_study(study_name=name, storage=storage)
    try:
        return _Source(
            name=study.study_name,
            directions=study.directions,
            user_attrs=study.user_attrs,
            system_attrs=study.system_attrs,
            trials=study.get_trials(deepcopy=False),
        )
    finally:
        study.close()


def _check_match(sources: Sequence[_Source]) -> None:
    first = sources[0]
    space: dict[str, tuple[Distribution, str]] = {}
    for source in sources:
        if list(source.directions) != list(first.directions):
            said = [f"{each.name!r} has {[d.name.lower() for d in each.directions]}" for each in (first, source)]
            raise ValueError(f"studies of different directions cannot become one: {', '.join(said)}.")
        for trial in source.trials:
            for name, distribution in trial.distributions.items():
                known, where = space.setdefault(name, (distribution, source.name))
                try:
                    check_compatibility(name, known, distribution)
                except ValueError as error:
                    raise IncompatibleDistributionError(
                        f"studies {where!r} and {source.name!r} cannot become one: {error}"
                    ) from None


def _fill(
    target: Study,
    storage: str | RDBStorage,
    sources: Sequence[_Source],
    user_attrs: dict[str, Any],
    system_attrs: dict[str, Any],
    *,
    is_merge: bool,
) -> Copied:
    """Fill a new study; it is deleted again if that fails."""
    left_out, n = Counter[str](), 0
    try:
        for key, value in system_attrs.items():
            if not key.startswith("rtl:"):  # what our runs have noted is theirs
                target.set_system_attr(key, value)
        for key, value in user_attrs.items():
            target.set_user_attr(key, value)
        for source in sources:
            for trial in source.trials:
                origin = {ORIGIN: {"study": source.name, "number": trial.number}} if is_merge else {}
                is_copied = _copy(trial, target, origin)
                n += is_copied
                left_out[trial.state.name] += not is_copied
    except BaseException:
        target.close()
        delete_study(study_name=target.study_name, storage=storage)
        raise
    target.close()
    return Copied(study_name=target.study_name, trials=n, left_out={name: n for name, n in left_out.items() if n})


def _copy(trial: FrozenTrial, target: Study, origin: dict[str, Any]) -> bool:
    is_copied = trial.state.is_finished() or (trial.state is TrialState.WAITING and FIXED_KEY in trial.system_attrs)
    if is_copied:
        target.add_trial(replace(trial, system_attrs={**trial.system_attrs, **origin}) if origin else trial)
    return is_copied


__all__ = ["Copied", "copied", "copy_study", "merge_studies"]
