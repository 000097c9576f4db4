"""A trial as libraries written for Optuna use it: ``trial.study``, ``trial.storage``, ``trial._trial_id``, its start.

An objective runs in a worker process, which has no database. So it sees what travelled with its run and its trial, and
writes what travels with the trial's reports. The study's finished trials it asks the driver for.
"""

from __future__ import annotations

import json
from bisect import insort
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NoReturn

from ..arguments import json_text, shown
from ..base_trial import CONSTRAINT_PREFIX
from ..core.bounds import check_json, check_name, check_system_attr
from ..core.messages import Assignment, ParamValue
from ..frozen_study import StudyReader
from ..trial import FrozenTrial, TrialState
from .delivery import Delivery
from .ranks.handle import Ranked
from .worker_settings import StudyFacts

if TYPE_CHECKING:
    from ..integrations.optuna.live import LiveTrial

_OTHERS = (
    "an objective runs in a worker process, which has no database. trial.study reads the finished trials; the whole "
    "Study is in a callback (optimize(callbacks=...)) and in the script"
)


def attr_text(what: str, key: Any, value: Any) -> str:
    """An attribute's value as JSON text. ``what``: for the messages, "user attribute".

    Raises:
        TypeError: the key is no str, or the value is not JSON-able.
        ValueError: the key or the value is too long.
    """
    check_name(f"a {what}'s key", key)
    try:
        text = json_text(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(
            f"{what} {key!r} must be JSON-able (numbers, strings, lists, dicts), got {shown(value)}: {error}."
        ) from None
    check_json(f"{what} {key!r}", text)
    return text


class StudyOfTrial(StudyReader):
    """What an objective sees of its study: ``trial.study``.

    Its trials are those that have ended, and this one. What has ended is asked for once in a process. In a trial of
    several processes rank 0 alone sees them; another rank gets a RuntimeError.

    Args:
        facts: what is known of it.
        delivery: the way of the trial's messages.
        storage: for ``_storage``, by which libraries reach attributes.
    """

    def __init__(self, facts: StudyFacts, delivery: Delivery, storage: StorageOfTrial) -> None:
        self._facts, self._delivery = facts, delivery
        self._storage, self._study_id = storage, facts.study_id
        self.study_name, self.directions = facts.name, list(facts.directions)

    def __repr__(self) -> str:
        return f"StudyOfTrial(study_name={self.study_name!r})"

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"trial.study has no {name!r}: {_OTHERS}.")

    @property
    def user_attrs(self) -> dict[str, Any]:
        """Attributes of the study, as they were when this run began."""
        return {key: json.loads(text) for key, text in self._facts.user_attrs}

    def stop(self) -> None:
        """Make the run start nothing new; running trials, this one too, end by themselves."""
        self._delivery.stop_run()

    def _known(self) -> list[FrozenTrial]:
        found = self._delivery.finished()
        insort(found, self._storage.own())
        return found


class StorageOfTrial:
    """What an objective sees of the storage: its own trial. Optuna's names; ``trial_id``: ``trial._trial_id``.

    Each method raises KeyError for another trial's id.
    """

    def __init__(self, trial: TrialForLibraries) -> None:
        self._trial = trial

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Store a JSON-able attribute of a library with the trial.

        Raises:
            TypeError: the value is not JSON-able.
            ValueError: the key or the value is too long, or the key is one of this package's own.
        """
        self._own(trial_id)._set_system_attr(key, value)

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """See Trial.set_user_attr."""
        self._own(trial_id).set_user_attr(key, value)

    def get_trial_system_attrs(self, trial_id: int) -> dict[str, Any]:
        """See Trial.system_attrs."""
        return self._own(trial_id).system_attrs

    def get_trial_user_attrs(self, trial_id: int) -> dict[str, Any]:
        """See Trial.user_attrs."""
        return self._own(trial_id).user_attrs

    def get_trial_params(self, trial_id: int) -> dict[str, Any]:
        """See Trial.params."""
        return self._own(trial_id).params

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        """What libraries noted on the study, as the dashboard's notes; where ``ask`` gave the trial.

        Raises:
            NotImplementedError: a run gave the trial.
        """
        return dict(self._asked_study(study_id).system_attrs)

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        """Note something on the study, see Study.set_system_attr; where ``ask`` gave the trial.

        Raises:
            NotImplementedError: a run gave the trial.
        """
        self._asked_study(study_id).set_system_attr(key, value)

    def _asked_study(self, study_id: int) -> Any:
        study = self._trial._asked_of()
        if study is None or study.study_id != study_id:
            raise NotImplementedError(f"what libraries note on a study is not known here: {_OTHERS}.")
        return study

    def get_trial_number_from_id(self, trial_id: int) -> int:
        """The trial's number."""
        return self._own(trial_id).number

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """The trial as it is now, without its reports."""
        return self._own(trial_id)._frozen()

    def own(self) -> FrozenTrial:
        """See ``get_trial``."""
        return self._trial._frozen()

    def _own(self, trial_id: int) -> TrialForLibraries:
        if trial_id != self._trial._trial_id:
            raise KeyError(f"no trial with the id {shown(trial_id)} here: {_OTHERS}.")
        return self._trial


class TrialForLibraries(Ranked):
    """The half of a Trial that libraries written for Optuna need."""

    number: int
    attempt: int
    delivery: Delivery
    _assignment: Assignment
    _params: dict[str, ParamValue]
    _asked_of: Callable[[], Any] = staticmethod(lambda: None)  # the Study whose ask() gave the trial

    def _describe(self, assignment: Assignment, study: StudyFacts | None) -> None:
        self._assignment, self._facts = assignment, study or StudyFacts()
        self._system_attrs = dict(assignment.system_attrs)
        self._trial_id = assignment.trial_id

    @property
    def study(self) -> StudyOfTrial:
        """What an objective sees of its study: its name, directions, user attributes, finished trials; ``stop()``."""
        return StudyOfTrial(self._facts, self.delivery, self.storage)

    @property
    def storage(self) -> StorageOfTrial:
        """By which libraries reach the trial's attributes."""
        return StorageOfTrial(self)

    def as_optuna(self) -> LiveTrial:
        """This trial in Optuna's class, for functions of Optuna's; ``artifacts`` and ``terminator`` do it themselves.

        Raises:
            ImportError: Optuna is not installed; it is an optional extra.
        """
        from ..integrations.optuna.live import LiveTrial

        return LiveTrial(self)

    @property
    def datetime_start(self) -> datetime:
        """When the trial's first attempt began: naive local time, as in Optuna."""
        at = datetime.fromtimestamp(self._facts.created + self._assignment.started, timezone.utc)
        return at.astimezone().replace(tzinfo=None)

    @property
    def relative_params(self) -> dict[str, Any]:
        """The sampler's values for the parameters that it expects this trial to use, by name."""
        suggested = self._assignment.suggested
        return {param.name: param.distribution.to_external_repr(param.value) for param in suggested}

    @property
    def system_attrs(self) -> dict[str, Any]:
        """Attributes that libraries have set, by earlier attempts too."""
        found = {key: json.loads(text) for key, text in self._system_attrs.items()}
        return found | {f"{CONSTRAINT_PREFIX}{key}": value for key, value in self.constraints.items()}

    def _set_system_attr(self, key: str, value: Any) -> None:
        text = attr_text("system attribute", key, value)
        check_system_attr(key, text)
        self._system_attrs[key] = text
        self.delivery.add_system_attr(key, text)

    def _frozen(self) -> FrozenTrial:
        return FrozenTrial(
            number=self.number,
            state=TrialState.RUNNING,
            datetime_start=self.datetime_start,
            params=self.params,
            distributions={name: param.distribution for name, param in self._params.items()},
            user_attrs=self.user_attrs,
            system_attrs=self.system_attrs,
            trial_id=self._trial_id,
            attempt=self.attempt,
        )

    # what a Trial has itself

    @property
    def params(self) -> dict[str, Any]:
        """See Trial."""
        raise NotImplementedError

    @property
    def user_attrs(self) -> dict[str, Any]:
        """See Trial."""
        raise NotImplementedError

    @property
    def constraints(self) -> dict[str, float]:
        """See Trial."""
        raise NotImplementedError

    set_user_attr: Callable[[str, Any], None]


__all__ = ["StorageOfTrial", "StudyOfTrial", "TrialForLibraries", "attr_text"]
