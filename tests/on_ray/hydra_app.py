"""A Hydra application that a test runs: what its jobs know on a worker, and who waits for whom."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.utils import get_original_cwd, to_absolute_path
from omegaconf import OmegaConf

import raytune_lite as rtl


@dataclass
class Config:
    """Known in this script only, not to a worker."""

    x: float = 1.0
    twice: str = "${double:${x}}"
    others: int = 3


OmegaConf.register_new_resolver("double", lambda value: 2 * value)
ConfigStore.instance().store(name="config", node=Config)


@hydra.main(version_base="1.3", config_path=None, config_name="config")
def main(cfg: Config) -> float:
    trial = rtl.current_trial()
    assert trial is not None
    out = Path(HydraConfig.get().runtime.output_dir)
    seen = {
        "number": trial.number, "id": HydraConfig.get().job.id, "pid": os.getpid(), "twice": cfg.twice,
        "typed": OmegaConf.get_type(cfg) is Config, "cwd": os.getcwd(), "start": get_original_cwd(),
        "file": to_absolute_path("data"), "copied": os.environ.get("RTL_COPIED"), "set": os.environ.get("RTL_SET"),
    }  # fmt: skip
    (out / "seen.json").write_text(json.dumps(seen))
    until = time.monotonic() + 60
    while trial.number == 0 and len(list(out.parent.glob("*/seen.json"))) <= cfg.others:  # not for a batch
        assert time.monotonic() < until, "nobody begins a job before this one has ended"
        time.sleep(0.05)
    return cfg.x**2


if __name__ == "__main__":
    main()
