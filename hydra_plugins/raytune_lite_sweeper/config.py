"""The configuration groups ``hydra/sweeper=raytune_lite``, ``hydra/sweeper/sampler`` and ``hydra/sweeper/pruner``.

A name that another plugin has stored already stays: Hydra's Optuna sweeper has samplers of the same names, and the
sweeper reads them too.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.plugins.config_source import ConfigLoadError

from raytune_lite.integrations.hydra.settings import PRUNERS, SAMPLERS, Settings

PROVIDER = "raytune_lite_sweeper"


def _store(group: str, name: str, node: dict[str, Any]) -> None:
    store = ConfigStore.instance()
    try:
        store.load(f"{group}/{name}.yaml")
    except ConfigLoadError:
        store.store(group=group, name=name, node=node, provider=PROVIDER)


def _sweeper() -> dict[str, Any]:
    settings = {key: value for key, value in asdict(Settings()).items() if key not in ("sampler", "pruner")}
    return {
        "defaults": [{"sampler": "auto"}, {"pruner": "none"}, "_self_"],
        "_target_": "hydra_plugins.raytune_lite_sweeper.sweeper.RaytuneLiteSweeper",
        "_recursive_": False,
        "_convert_": "all",
        **settings,
    }


_store("hydra/sweeper", "raytune_lite", _sweeper())
for _family, _known in (("sampler", SAMPLERS), ("pruner", PRUNERS)):
    for _name, (_cls, _arguments) in _known.items():
        _node = {"_target_": f"raytune_lite.{_family}s.{_cls}", **_arguments}
        _store(f"hydra/sweeper/{_family}", _name, _node)
