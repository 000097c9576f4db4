"""What all distributions have in common."""

from __future__ import annotations

from typing import Any


class BaseDistribution:
    """Base of the three distributions."""

    __slots__ = ()

    contains: Any

    def _contains(self, param_value_in_internal_repr: float) -> Any:  # Optuna's names, which OptunaHub uses
        return self.contains(param_value_in_internal_repr)

    def _asdict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}  # type: ignore[attr-defined]

    def as_recorded(self) -> Any:
        """The distribution as records of trials have it; only choices may differ there."""
        return self


__all__ = ["BaseDistribution"]
