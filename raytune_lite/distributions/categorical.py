"""CategoricalDistribution, and what a choice may be: what JSON holds, since a study's records are JSON.

A choice may be a list, a tuple or a dict. The distribution that an objective makes keeps it as it was given, so the
objective sees a tuple where it gave one. Records have the *plain* form, which JSON gives back: tuples are lists there.
"""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import KeysView, Sequence, ValuesView
from dataclasses import dataclass
from typing import Any, Union

from ..arguments import shown
from ..exceptions import InvalidDistributionError
from .base import BaseDistribution

CategoricalChoice = Union[None, bool, int, float, str, Sequence[Any], dict[str, Any]]  # noqa: UP007  (see __init__)

_MOST_NAMES = 5  # in the example of an error
_NAN = float, "nan"


def is_simple(choice: Any) -> bool:
    """Whether a choice is immutable and the same in records: None, a bool, a number or a text."""
    return choice is None or isinstance(choice, (bool, int, float, str))


def plain(choice: Any) -> Any:
    """A choice as JSON gives it back: tuples are lists; numpy's numbers and arrays are Python's numbers and lists.

    Raises:
        TypeError: JSON cannot hold it, or would change a key of a dict.
        RecursionError: it is nested too deeply, or holds itself.
    """
    if is_simple(choice):
        return choice
    if isinstance(choice, (list, tuple)):
        return [plain(part) for part in choice]
    if isinstance(choice, dict):
        for key in choice:
            if not isinstance(key, str):
                raise TypeError(f"the key {shown(key, 60)} of a dict is no text, and JSON has no other keys")
        return {key: plain(part) for key, part in choice.items()}
    if type(choice).__module__ == "numpy" and hasattr(choice, "tolist") and choice.dtype.kind in "biufU":
        return plain(choice.tolist())
    raise TypeError(f"JSON has no {type(choice).__name__}")


def plain_value(value: Any) -> Any:
    """The plain form of a value that somebody fixes for a parameter; numpy's scalars are Python's.

    Raises:
        TypeError, RecursionError: JSON cannot hold it, or would give back another type (of an enumeration's member).
    """
    found = plain(value.item() if getattr(value, "shape", None) == () else value)
    if is_simple(found) and found is not None and type(found) not in (bool, int, float, str):
        raise TypeError(f"JSON has no {type(found).__name__}")
    return found


def exact_key(choice: Any) -> tuple[Any, Any]:
    """By which plain choices are told apart: True, 1 and 1.0 are three, NaN is equal to itself."""
    if is_simple(choice):
        return type(choice), "nan" if choice != choice else choice
    return list, json.dumps(choice, sort_keys=True)


def equal_key(choice: Any) -> Any:
    """By which plain choices are equal: Python's equality, and NaN is equal to itself. Hashable."""
    if isinstance(choice, list):
        return list, tuple(map(equal_key, choice))
    if isinstance(choice, dict):
        return dict, frozenset((name, equal_key(part)) for name, part in choice.items())
    return _NAN if choice != choice else choice


def _checked(choice: Any, choices: tuple[Any, ...]) -> Any:
    """The plain form of one of ``choices``, or an error with the way out."""
    try:
        found = plain(choice)
        exact_key(found)
    except (TypeError, ValueError, RecursionError) as error:  # ValueError: an int of more digits than Python writes
        why = str(error) if isinstance(error, TypeError) else repr(error)[:200]
        raise InvalidDistributionError(
            "choices must be None, bool, int, float, str, or lists, tuples and dicts of these (the database keeps them "
            f"as JSON), got {shown(choice)} of type {type(choice).__name__} ({why}); {_by_name(choices)}"
        ) from None
    return found


def _as_tuple(choices: Any) -> tuple[Any, ...]:
    if hasattr(choices, "tolist"):  # an array, a column
        choices = choices.tolist()
    is_ordered = isinstance(choices, (Sequence, KeysView, ValuesView))  # not a set: its order changes
    if isinstance(choices, (str, bytes, bytearray)) or not is_ordered:
        raise InvalidDistributionError(f"choices must be a list or tuple, got {shown(choices)}.")
    return tuple(choices)


def _by_name(choices: tuple[Any, ...]) -> str:
    """Code that suggests names instead of objects."""
    found = {}
    for n, choice in enumerate(choices[:_MOST_NAMES]):
        name = str(getattr(choice, "__name__", ""))
        found[name if name.isidentifier() else f"name{n}"] = name if name.isidentifier() else "..."
    pairs = ", ".join(f"{name!r}: {code}" for name, code in found.items())
    more = ", ..." if len(choices) > _MOST_NAMES else ""
    return f"suggest names: by_name = {{{pairs}{more}}}; by_name[trial.suggest_categorical(name, list(by_name))]"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CategoricalDistribution(BaseDistribution):
    """One of ``choices``. The internal value is the index.

    Args:
        choices: None, bool, int, float or str; or, with a warning as in Optuna, lists, tuples and dicts of these, of
            which a copy is kept. Records and the database have them as JSON: a tuple is a list there. The objective
            that suggests them sees what it gave; an equal list and an equal tuple are the same choice.

    Raises:
        InvalidDistributionError: no choices, a choice that JSON cannot hold, the same choice twice.
    """

    _given: tuple[Any, ...]
    _plain: tuple[Any, ...] | None  # as records have them, if one is not simple; _given itself where that is the same

    def __init__(self, choices: Sequence[CategoricalChoice]) -> None:
        self._keep(choices)
        self.warn(stacklevel=3)

    def warn(self, stacklevel: int) -> None:
        """Warn, as Optuna does, of choices that records keep as JSON; ``stacklevel`` as of ``warnings.warn``."""
        for choice in () if self._plain is None else self._given:
            if not is_simple(choice):
                warnings.warn(
                    "choices that are not None, bool, int, float or str are kept as JSON, where a tuple is a list, got "
                    f"{shown(choice)} of type {type(choice).__name__}; the objective sees what it gave.",
                    stacklevel=stacklevel,
                )
                return

    @classmethod
    def without_warning(cls, choices: Sequence[Any]) -> CategoricalDistribution:
        """The same without the warning about choices that are lists, tuples or dicts."""
        found = cls.__new__(cls)
        found._keep(choices)
        return found

    @classmethod
    def of_record(cls, choices: Sequence[Any]) -> CategoricalDistribution:
        """A distribution of choices that JSON gave, which nobody else will change."""
        found = cls.__new__(cls)
        given = _as_tuple(choices)
        found._set(given, None if all(map(is_simple, given)) else given)
        return found

    def _keep(self, choices: Any) -> None:
        given = _as_tuple(choices)
        if all(map(is_simple, given)):
            self._set(given, None)
        else:
            self._set(given, tuple(_checked(choice, given) for choice in given))
            object.__setattr__(self, "_given", copy.deepcopy(given))  # what the caller does with them changes nothing

    def _set(self, choices: tuple[Any, ...], plain_choices: tuple[Any, ...] | None) -> None:
        object.__setattr__(self, "_given", choices)
        object.__setattr__(self, "_plain", plain_choices)
        if not choices:
            raise InvalidDistributionError("choices must hold at least one value, got an empty list.")
        seen = set()  # membership only
        for choice, given in zip(self.plain_choices, choices, strict=True):
            key = exact_key(choice)
            if key in seen:
                raise InvalidDistributionError(
                    f"choices must differ, got {shown(given)} twice in {shown(choices)}"
                    f"{'.' if is_simple(given) else '; (1,) and [1] are one choice.'}"
                )
            seen.add(key)

    @property
    def choices(self) -> tuple[Any, ...]:
        """The choices; copies, where they can be changed."""
        return self._given if self._plain is None else copy.deepcopy(self._given)

    @property
    def plain_choices(self) -> tuple[Any, ...]:
        """The choices as JSON gives them back. Do not change them."""
        return self._given if self._plain is None else self._plain

    @property
    def are_simple(self) -> bool:
        """Whether each choice is None, a bool, a number or a text."""
        return self._plain is None

    def as_recorded(self) -> CategoricalDistribution:
        """The distribution as records of trials have it: tuples are lists."""
        if self._plain is None or self._plain is self._given:
            return self
        return self.of_record(self._plain)

    def _asdict(self) -> dict[str, Any]:
        return {"choices": self.choices}

    def _index(self, external: Any) -> int:
        if self._plain is not None:
            return self._index_of_plain(external)
        for i, choice in enumerate(self._given):
            # True == 1 and 1 == 1.0 in Python, but they are different choices; NaN equals itself here
            if type(choice) is type(external) and (choice == external or (choice != choice and external != external)):
                return i
        if getattr(external, "ndim", 0) == 0:  # an array has no one truth value
            for i, choice in enumerate(self._given):
                if choice == external:  # a numpy scalar, or 1 for 1.0 when only one of them is a choice
                    return i
        raise self._no_choice(external)

    def _index_of_plain(self, external: Any) -> int:
        try:
            found = plain(external)
            key, loose = exact_key(found), equal_key(found)
        except (TypeError, ValueError, RecursionError):
            raise self._no_choice(external) from None
        for same, wanted in ((exact_key, key), (equal_key, loose)):
            for i, choice in enumerate(self.plain_choices):
                if same(choice) == wanted:
                    return i
        raise self._no_choice(external)

    def _no_choice(self, external: Any) -> InvalidDistributionError:
        return InvalidDistributionError(f"{shown(external)} is not one of the choices {shown(self._given)}.")

    def __repr__(self) -> str:
        return f"CategoricalDistribution(choices={self._given!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CategoricalDistribution):
            return NotImplemented
        # NaN equals itself here: a distribution read back from JSON equals the one written, also if it has tuples
        mine, others = self.plain_choices, other.plain_choices
        return len(mine) == len(others) and all(equal_key(a) == equal_key(b) for a, b in zip(mine, others, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(map(equal_key, self.plain_choices)))

    def single(self) -> bool:
        """True when there is one choice only."""
        return len(self._given) == 1

    def contains(self, internal: float) -> bool:
        """Whether ``internal`` is the index of a choice."""
        return 0 <= internal < len(self._given) and internal == int(internal)

    def to_internal_repr(self, external: Any) -> float:
        """Index of ``external``; raises InvalidDistributionError if it is not a choice."""
        return float(self._index(external))

    def to_external_repr(self, internal: float) -> Any:
        """The choice with this index; a copy, where it can be changed."""
        choice = self._given[int(internal)]
        return choice if self._plain is None else copy.deepcopy(choice)

    def from_unit(self, u: float) -> float:
        """Map ``u`` in [0, 1) to an index; each choice has the same share."""
        return float(min(int(u * len(self._given)), len(self._given) - 1))


__all__ = ["CategoricalChoice", "CategoricalDistribution", "equal_key", "exact_key", "is_simple", "plain_value"]
