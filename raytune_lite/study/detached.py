"""A run of a study that outlives its script: what travels to the cluster, and what is done there.

The process there has a Study of its own, and follows the run as a script does: with the callbacks, and with progress,
which goes to a log. How the run ended is noted in the database, for whoever attaches to it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .. import logging
from ..core import messages as m
from ..runtime.output import RunLog, captured
from . import checks
from .callbacks import RunObserver, followed
from .run_end import RunEnd, how_it_ended, note_end

if TYPE_CHECKING:
    from ..runtime.on_ray.detached import Life
    from ..runtime.on_ray.execute import RayRun


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachedRun:
    """A run of ``optimize(detach=True)``; called in the process that hosts it.

    Args:
        run: what to run on Ray.
        study_class: Study, which stands above this module.
        checkpoint_dir: as the user has named it.
        callbacks, collect, show: see ``callbacks.followed``; each callback takes the study, too.
        verbosity: of the script.
    """

    run: RayRun
    study_class: Callable[..., Any]
    checkpoint_dir: str | None
    callbacks: tuple[Callable[..., Any], ...]
    collect: bool
    show: bool | None
    verbosity: int

    @classmethod
    def of(
        cls,
        run: RayRun,
        study_class: Callable[..., Any],
        checkpoint_dir: str | None,
        callbacks: tuple[Callable[..., Any], ...],
        collect: bool,
        show: bool | None,
    ) -> DetachedRun:
        """A run of this process's verbosity."""
        return cls(
            run=run, study_class=study_class, checkpoint_dir=checkpoint_dir, callbacks=callbacks, collect=collect,
            show=show, verbosity=logging.get_verbosity(),
        )  # fmt: skip

    def __call__(self, life: Life) -> None:
        """Run it to its end; what ends it is noted, and raised."""
        logging.set_verbosity(self.verbosity)
        config = self.run.config
        study = self.study_class(
            config.study_name, config.storage, config.sampler, config.pruner, checkpoint_dir=self.checkpoint_dir
        )
        try:
            known = how_it_ended(study)
            if known is not None and known.run == config.run and known.is_over:
                return  # Ray has repeated the call of a run that was over
            with captured(RunLog(study.log_root, config.run)):
                self._run(study, life)
        finally:
            study.close()

    def _run(self, study: Any, life: Life) -> None:
        from ..runtime.on_ray.execute import execute

        config, has_begun = self.run.config, False
        run = replace(self.run, began_at=life.began_at, launcher=life.name)

        def attach(ask: Callable[[m.Event], Any]) -> None:
            nonlocal has_begun
            study._route.attach_remote(ask)
            note_end(study, RunEnd(run=config.run))
            has_begun = True
            life.began()

        callbacks = checks.callbacks(self.callbacks, study)
        try:
            with study._route.run(), followed(study, config, callbacks, self.collect, self.show, "ray") as observer:
                execute(run, observer, attach)
        except BaseException as error:
            if has_begun:
                print(f"the run ended: {error}", file=sys.stderr, flush=True)  # noqa: T201  (its log)
                note_end(study, RunEnd.of(config.run, error))
            raise
        note_end(study, RunEnd(run=config.run, is_over=True))


def begin(run: DetachedRun, observer: RunObserver) -> None:
    """Leave a run in the cluster; returns when it has begun there.

    Args:
        run: the run.
        observer: who follows its begin in the script.

    Raises:
        ObjectiveNotPicklableError: it cannot travel; the message names what, and its variable at fault.
        RayUnavailableError: Ray cannot be joined, or ends with this script.
        RaytuneLiteError: what ``execute`` raises before a run has begun.
    """
    from ..runtime.on_ray import detached
    from ..runtime.on_ray.objective import packed

    detached.refuse_passing_ray()
    packed(run.run.objective)
    config = run.run.config
    travellers = [
        *(("the callback", callback) for callback in run.callbacks),
        *(("the exception of catch", kind) for kind in run.run.catch),
        ("the sampler", config.sampler),
        ("the pruner", config.pruner),
        ("resources", run.run.resources),
    ]
    for what, value in travellers:
        packed(value, what)
    observer.phase("leaving the run in the cluster")
    detached.begin(run, pinned=run.run.pinned, notice=observer.notice)
    observer.notice(
        f"study {config.study_name!r} runs in the cluster now, without this script. Follow it: raytune-lite attach "
        f"--study {config.study_name}; end it: raytune-lite stop --study {config.study_name}"
    )


__all__ = ["DetachedRun", "begin"]
