"""What people and libraries note on a study as a whole: attributes, and names of the objectives."""

from __future__ import annotations

import json
from typing import Any

from ..arguments import items, json_text, shown
from ..core.bounds import check_json, check_name
from ..storages.records import StudyRecord
from ..storages.repository import Repository


class Attributes:
    """The attributes of a Study. Each property reads the database when it is used."""

    _repository: Repository
    _record: StudyRecord

    @property
    def user_attrs(self) -> dict[str, Any]:
        """Attributes of the study."""
        return self._repository.user_attrs(self._record)

    def set_user_attr(self, key: str, value: Any) -> None:
        """Store a JSON-able attribute with the study.

        Raises:
            TypeError: the value is not JSON-able.
            ValueError: the key or the value is too long, or cannot be stored in a database.
        """
        self._repository.set_user_attr(self._record, key, _checked(key, value))

    @property
    def system_attrs(self) -> dict[str, Any]:
        """Attributes of the study that libraries wrote, as Optuna's."""
        return self._repository.system_attrs(self._record)

    def set_system_attr(self, key: str, value: Any) -> None:
        """Store a JSON-able attribute as a library does; your own are user attributes.

        Raises:
            TypeError: the value is not JSON-able.
            ValueError: the key or the value is too long, or cannot be stored in a database.
        """
        self._repository.set_system_attr(self._record, key, _checked(key, value))

    @property
    def metric_names(self) -> list[str] | None:
        """Names of the objectives, in the order of ``directions``; None when set_metric_names was never called."""
        return self._repository.metric_names(self._record)

    def set_metric_names(self, metric_names: list[str]) -> None:
        """Name the objectives; the tables of trials, Optuna's tools and its dashboard show the names.

        Args:
            metric_names: one name an objective, in the order of ``directions``.

        Raises:
            ValueError: the number of names is not the number of objectives, or a name is one that a database cannot
                hold.
            TypeError: it is not a list, or a name is not a str.
        """
        names = items("metric_names", metric_names, 'for example ["loss", "seconds"]')
        for name in names:
            check_name("a metric's name", name)
        self._repository.set_metric_names(self._record, names)


def _checked(key: Any, value: Any) -> Any:
    """The value as a reader will get it."""
    check_name("an attribute's key", key)
    try:
        text = json_text(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"attribute {key!r} must be JSON-able, got {shown(value)}: {error}.") from None
    check_json(f"attribute {key!r}", text)
    return json.loads(text)


__all__ = ["Attributes"]
