"""The search space that Hydra's overrides describe, and overrides for the values of a trial.

Hydra's own parser reads the overrides, and its own rules write them. Knows no study.

    choice(a, b), a,b      categorical
    range(1, 4)            1, 2, 3: the end is not in it, as Hydra documents, whatever the sampler
    interval(0, 1)         a float; int(interval(1, 5)): an int, 5 is in it
    tag(log, interval())   on a log scale
    all else               fixed
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import (
    ChoiceSweep,
    IntervalSweep,
    Override,
    Quote,
    QuotedString,
    RangeSweep,
    Transformer,
)
from hydra.errors import OverrideParseException

from ...arguments import shown
from ...distributions import (
    CategoricalChoice,
    CategoricalDistribution,
    Distribution,
    FloatDistribution,
    IntDistribution,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter that is searched. ``texts``: the choices as overrides have them; () where it is a number."""

    distribution: Distribution
    texts: tuple[str, ...] = ()

    def text(self, value: Any) -> str:
        """The value as an override has it."""
        return self.texts[int(self.distribution.to_internal_repr(value))] if self.texts else written(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """What overrides describe.

    Attributes:
        searched: by the override's key, with ``+`` where it has one.
        fixed: the values of the others, as overrides have them.
        deleted: overrides that delete (``~key``), as they were given.
    """

    searched: Mapping[str, Parameter]
    fixed: Mapping[str, str]
    deleted: tuple[str, ...] = ()

    def overrides(self, params: Mapping[str, Any]) -> list[str]:
        """The overrides of one job: a trial's parameters, and all that is fixed."""
        found = {}
        for name, value in params.items():
            parameter = self.searched.get(name)
            found[name] = written(value) if parameter is None else parameter.text(value)
        return [f"{name}={text}" for name, text in {**found, **self.fixed}.items()] + list(self.deleted)

    def first(self) -> list[str]:
        """The overrides of a job with the first value of each range."""
        return self.overrides({name: some.distribution.to_external_repr(_first(some.distribution))
                               for name, some in self.searched.items()})  # fmt: skip

    def grid(self) -> dict[str, list[CategoricalChoice]]:
        """All values of each parameter.

        Raises:
            ValueError: one has infinitely many.
        """
        return {name: _values(name, some.distribution) for name, some in self.searched.items()}


def parse(overrides: Sequence[str], config_loader: ConfigLoader | None = None) -> Space:
    """The space of overrides; of two with one key the later one counts.

    Raises:
        OverrideParseException: Hydra's parser refuses one.
        ValueError: a range without values, or one that no distribution describes.
    """
    searched: dict[str, Parameter] = {}
    fixed: dict[str, str] = {}
    deleted: list[str] = []
    for override in OverridesParser.create(config_loader=config_loader).parse_overrides(list(overrides)):
        if override.is_delete():
            deleted.append(str(override.input_line))
            continue
        name = _renamed(override, [*searched, *fixed])
        searched.pop(name, None)
        fixed.pop(name, None)
        if override.is_sweep_override():
            searched[name] = _parameter(override)
        else:
            fixed[name] = override.get_value_element_as_str()
    return Space(searched=searched, fixed=fixed, deleted=tuple(deleted))


def _renamed(override: Override, known: Iterable[str]) -> str:
    """The override's key; a plain one replaces one that was given before with ``+``, and keeps its ``+``."""
    name: str = override.get_key_element()
    if not name.startswith("+"):
        for earlier in known:
            if earlier.lstrip("+") == name:
                return earlier
    return name


def _parameter(override: Override) -> Parameter:
    sweep = override._value
    if override.is_choice_sweep():
        # in the order that was given, also with shuffle(): a study that goes on needs the choices in one order
        elements = sweep.list if isinstance(sweep, ChoiceSweep) else list(override.sweep_iterator())
        if not elements:
            raise ValueError(f"{override.input_line}: there is nothing to choose from; name at least one value.")
        return _choices(elements)
    if isinstance(sweep, RangeSweep):
        return _range(override, sweep)
    if isinstance(sweep, IntervalSweep):
        return Parameter(distribution=_interval(sweep))
    raise ValueError(f"{override.input_line}: use choice(), range() or interval(), got {shown(sweep)}.")


def _choices(elements: Sequence[Any]) -> Parameter:
    texts = tuple(written(element) for element in elements)
    choices = [
        element.text if isinstance(element, QuotedString) else element if _is_plain(element) else text
        for element, text in zip(elements, texts, strict=True)
    ]
    return Parameter(distribution=CategoricalDistribution(choices), texts=texts)


def _is_plain(element: Any) -> bool:
    return element is None or isinstance(element, (bool, int, float, str))


def _range(override: Override, sweep: RangeSweep) -> Parameter:
    """``start``, ``start + step``, ... before ``stop``, by their decimal texts: range(0, 0.9, 0.3) has no 0.9."""
    start, stop, step = (Fraction(str(end)) for end in (sweep.start, sweep.stop, sweep.step))
    n = math.ceil((stop - start) / step) if step else 0
    if n < 1:
        raise ValueError(
            f"{override.input_line}: the range is empty; range(start, stop, step) has the values before stop."
        )
    are_ints = all(isinstance(end, int) for end in (sweep.start, sweep.stop, sweep.step))
    kind: type[int] | type[float] = int if are_ints else float
    if sweep.shuffle:
        return _choices([kind(start + k * step) for k in range(n)])
    low, high = sorted((kind(start), kind(start + (n - 1) * step)))
    if are_ints:
        if "log" in sweep.tags:
            return Parameter(distribution=IntDistribution(int(low), int(high), log=True, step=int(abs(step))))
        return Parameter(distribution=IntDistribution(int(low), int(high), step=int(abs(step))))
    return Parameter(distribution=FloatDistribution(low, high, log="log" in sweep.tags, step=float(abs(step))))


def _interval(sweep: IntervalSweep) -> Distribution:
    log = "log" in sweep.tags
    if isinstance(sweep.start, int) and isinstance(sweep.end, int):
        return IntDistribution(sweep.start, sweep.end, log=log)
    return FloatDistribution(float(sweep.start or 0.0), float(sweep.end or 0.0), log=log)


def _first(distribution: Distribution) -> float:
    return 0.0 if isinstance(distribution, CategoricalDistribution) else float(distribution.low)


def _values(name: str, distribution: Distribution) -> list[CategoricalChoice]:
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    if isinstance(distribution, IntDistribution):
        return list(range(distribution.low, distribution.high + 1, distribution.step))
    if distribution.step is None:
        raise ValueError(
            f"hydra/sweeper/sampler=grid needs finitely many values, and {name} is an interval of floats; use choice() "
            "or range(), or another sampler."
        )
    low, step = Fraction(str(distribution.low)), Fraction(str(distribution.step))
    n = round((Fraction(str(distribution.high)) - low) / step)
    return [float(low + k * step) for k in range(n + 1)]


def written(value: Any) -> str:
    """A value as an override has it: what Hydra's parser reads back is the same value, of the same type."""
    if isinstance(value, list):
        return f"[{','.join(map(written, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{written(key)}:{written(inside)}" for key, inside in value.items()) + "}"
    text = str(Transformer.str(value))
    if isinstance(value, str) and not _reads_back(text, value):  # the text "5" would become a number
        return str(QuotedString(text=value, quote=Quote.single).with_quotes())
    return text


def _reads_back(text: str, value: str) -> bool:
    try:
        read = OverridesParser.create().parse_overrides([f"x={text}"])[0]
    except OverrideParseException:
        return False
    return not read.is_sweep_override() and read.value() == value and isinstance(read.value(), str)


__all__ = ["Parameter", "Space", "parse", "written"]
