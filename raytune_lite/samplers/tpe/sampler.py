"""TPE: draw from a density of good trials, and keep the draw that is most likely a good one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...arguments import as_float, integer, shown
from ...core.view import Block, StudyView
from ...distributions import Distribution
from ...trial import TrialState
from ..base import DRAWN, BaseSampler, check_random_fraction, is_drawn_at_random, uniform
from ..history import BlockCache, Bookmark, History
from ..keywords import optunas
from ..rng import rng_for
from .ask import MOST_GOOD, REDRAWS, Ask, Cells, n_good
from .parzen import Frame
from .pending import PendingRows, Rows
from .record import Record
from .standing import Standing

# of Optuna's TPESampler, see keywords.py
_OPTUNAS = (
    "consider_prior", "consider_magic_clip", "consider_endpoints", "gamma", "weights", "warn_independent_sampling",
    "constraints_func",
)  # fmt: skip


class TPESampler(BaseSampler):
    """Tree-structured Parzen estimator.

    A tenth of the trials (at most 25) is good. From a density of these, ``n_ei_candidates`` points are drawn; the one
    is kept whose density among the good is largest in proportion to that among the others. For floats, ints and
    choices in any mixture; conditional parameters; one objective or several; many workers.

    * Trials rank by their result. Pruned ones, and paused ones that have reports, come after those with a result, the
      farthest first and then by their last report. Failed ones are never good, and belong to the others.
    * Beside a pruner with rungs (ASHA, Hyperband) and with one objective, trials rank by the share of all that is
      expected to be better, from their place at the highest rung where they stand; also while they run (standing.py).
      Optuna has the farthest first, which beside many workers are the fastest.
    * Constraints: while no trial keeps them, those that break them least are good. Later the merit of a point is
      multiplied by the probability that it keeps them, and beside the best feasible trials half as many near misses are
      good (feasible.py); Optuna takes infeasible trials only where too few are feasible, and has no such factor. With
      several objectives infeasible trials come last, by how much.
    * Several objectives: the good are the first fronts, the last of them cut by hypervolume; at most 100.
    * In a space of discrete parameters no point is suggested twice, neither a finished nor a pending one, before all
      points are taken.
    * The first trials are those of RandomSampler with the same seed.

    Args:
        seed: integer >= 0; None draws one from the operating system and keeps it in ``spec()``.
        n_startup_trials: trials that have a result, were pruned, or are paused with reports, before the model chooses.
        n_ei_candidates: points that are drawn to choose one from.
        prior_weight: weight of the uniform prior in both densities, in trials.
        multivariate: choose parameters together. False: each by itself, as the first TPE did.
        group: split the parameters into sets of those that always occur together (branches of a conditional space),
            and choose each set together. False: parameters that not every trial has are chosen by themselves. Of
            no effect where all trials have the same parameters, or with ``multivariate=False``.
        constant_liar: count a trial under way as a tenth of one that is no good, so that new ones keep away from it.
            Optuna counts it in full: with 8 and with 32 pending that was slower in most of our tests than no liar, and
            a tenth is about as fast, but keeps more apart in few dimensions.
        random_fraction: share of the trials that is drawn uniformly while a pruner with rungs judges, in [0, 1].
        more: ``constraints_func``, which finds a trial's constraints from its record; what is stored is as with
            ``trial.set_constraint``. Other keywords of Optuna's change nothing; a warning says so, and why.

    Raises:
        TypeError: ``random_fraction`` is not a number, or a keyword that is not Optuna's.
        ValueError: an argument is out of range.

    Sources: Bergstra et al. 2011, "Algorithms for hyper-parameter optimization", section 4; Falkner, Klein and Hutter
    2018 (BOHB) for joint kernels; Ozaki et al. 2020 for several objectives; Watanabe and Hutter 2023 (c-TPE) for
    constraints; Optuna for the ranks of pruned trials, the groups and the liar. Bandwidths are ours (ask.py): they, the
    liar's weight, and that weights by age or other shares of good trials do not pay overall, were chosen on shifted
    functions (sphere, Rosenbrock, Rastrigin and Ackley in 2 to 5 dimensions, a rotated ellipsoid in 10, three mixtures
    of floats and grids, one of floats and choices) and on HPOLib's naval table, 12 or 20 seeds, 100 and 200 trials,
    against Optuna 5.0's TPESampler. Other functions and HPOLib's protein table were kept for the report; of these, one
    with a mixture of grids showed that an earlier choice stood still, whereupon two such mixtures joined the first half
    and ``other_bandwidths`` was made.
    """

    def __init__(
        self,
        seed: int | None = None,
        *,
        n_startup_trials: int = 10,
        n_ei_candidates: int = 24,
        prior_weight: float | None = 1.0,
        multivariate: bool | None = True,
        group: bool | None = True,
        constant_liar: bool = True,
        random_fraction: float = 0.0,
        **more: Any,
    ) -> None:
        self.constraints_func = optunas(type(self).__name__, more, *_OPTUNAS)
        self.n_startup_trials = integer("n_startup_trials", n_startup_trials, 0, "10 is usual")
        self.n_ei_candidates = integer("n_ei_candidates", n_ei_candidates, 1, "24 is usual")
        self.prior_weight = _positive("prior_weight", 1.0 if prior_weight is None else prior_weight)
        self.multivariate = _flag("multivariate", True if multivariate is None else multivariate)
        self.group = _flag("group", True if group is None else group)
        self.constant_liar = _flag("constant_liar", constant_liar)
        super().__init__(
            seed,
            n_startup_trials=self.n_startup_trials,
            n_ei_candidates=self.n_ei_candidates,
            prior_weight=self.prior_weight,
            multivariate=self.multivariate,
            group=self.group,
            constant_liar=self.constant_liar,
            **check_random_fraction(random_fraction),
        )
        self._read = Bookmark()
        self._reset()

    @staticmethod
    def hyperopt_parameters() -> dict[str, Any]:
        """Hyperopt's settings that mean something here: ``TPESampler(**TPESampler.hyperopt_parameters())``."""
        return {"n_startup_trials": 20, "n_ei_candidates": 24, "prior_weight": 1.0}

    # --- a cache of the study that was looked at last ----------------------------------------------------------------

    def _reset(self) -> None:
        self._n_usable = 0  # finished trials with a result or pruned
        self._history = History()
        self._records: dict[tuple[str, ...], Record] = {}
        self._pending: dict[tuple[str, ...], PendingRows] = {}
        self._waiting = BlockCache(_waiting)
        self._standing = Standing()
        self._sets: dict[frozenset[str], None] = {}  # of parameters that such trials had together; in order
        self._split: tuple[list[str], int, list[list[str]]] = ([], 0, [])  # names, number of sets -> parts

    def _catch_up(self, view: StudyView) -> None:
        rows = self._read.unread(view)
        if not rows.start:
            self._reset()
        for row in rows:
            trial = view.finished[row]
            if trial.state is not TrialState.FAIL:
                self._n_usable += 1
                if trial.params:  # it may have been pruned before it asked for any
                    self._sets.setdefault(frozenset(trial.params))
        self._read.move(view)
        self._history.update(view)

    def _record(self, view: StudyView, space: Mapping[str, Distribution]) -> Record:
        names = tuple(space)
        record = self._records.get(names)
        if record is None or record.frame.distributions != tuple(space.values()):
            record = self._records[names] = Record(Frame(space), len(view.directions), MOST_GOOD)
        return record.update(self._history, view)

    # --- the sampler -------------------------------------------------------------------------------------------------

    def explain(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> str:  # noqa: ARG002
        """How many trials it learns from, and how many of them are good."""
        self._catch_up(view)
        n = self._n_ready(view, number)
        if is_drawn_at_random(self, view, number):
            return DRAWN
        if n < self.n_startup_trials:
            return f"TPE: a startup trial; {n} of {self.n_startup_trials} results so far."
        k = n_good(n, len(view.directions))
        return f"TPE: {k} good trials against {n - k}."

    def sample_relative(
        self, view: StudyView, number: int, space: Mapping[str, Distribution]
    ) -> Mapping[str, float]:
        """One internal value a name; parameters that occur together are chosen together."""
        with np.errstate(all="ignore"):  # whatever the caller's mode
            return self._sample(view, number, space)

    def _sample(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> dict[str, float]:
        self._catch_up(view)
        starting = self._is_random(view, number)
        parts = self._parts(space)
        if not starting and len(parts) == 1:
            return self._choose(view, number, {name: space[name] for name in parts[0]})

        def draw(again: str) -> dict[str, float]:
            if starting:
                return {name: uniform(self.seed, number, name + again, dist) for name, dist in space.items()}
            chosen: dict[str, float] = {}
            for names in parts:
                chosen |= self._choose(view, number, {name: space[name] for name in names}, again)
            return chosen

        if not all(together == space.keys() for together in self._sets):  # a trial will not use all of the space
            return draw("")
        return self._untried(view, number, space, draw)

    def sample_independent(self, view: StudyView, number: int, name: str, distribution: Distribution) -> float:
        """The internal value of one parameter by itself."""
        self._catch_up(view)
        if self._is_random(view, number):
            return uniform(self.seed, number, name, distribution)
        with np.errstate(all="ignore"):
            return self._choose(view, number, {name: distribution})[name]

    def _untried(
        self,
        view: StudyView,
        number: int,
        space: Mapping[str, Distribution],
        draw: Callable[[str], dict[str, float]],
    ) -> dict[str, float]:
        """What ``draw`` gives, drawn anew while it was tried before; in the end the next free cell of the product."""
        values = draw("")
        open_space = {name: space[name] for name in sorted(space) if not space[name].single()}
        if not open_space or Frame(open_space).size is None:
            return values
        record = self._record(view, open_space)
        cells = Cells(record, self._rows(view, number, record).cells)
        for again in range(1, REDRAWS + 2):
            here, _ = record.frame.points(np.array([[values[name] for name in open_space]]))
            if not cells.taken(here):
                return values
            values = draw(f"/again/{again}")
        return values | record.frame.values(cells.next_free(here), 0)

    def _is_random(self, view: StudyView, number: int) -> bool:
        return self._n_ready(view, number) < self.n_startup_trials or is_drawn_at_random(self, view, number)

    def _n_ready(self, view: StudyView, number: int) -> int:
        """Trials with a result or reports to rank them by: ended, or paused. Not the one that asks."""
        return self._n_usable + sum(len(waiting) - (number in waiting) for waiting in self._waiting.of(view))

    def _parts(self, space: Mapping[str, Distribution]) -> list[list[str]]:
        """The sets of parameters that are chosen together, each sorted."""
        names = sorted(space)
        if not self.multivariate:
            return [[name] for name in names]
        if self._split[:2] != (names, len(self._sets)):
            self._split = names, len(self._sets), self._split_up(names)
        return self._split[2]

    def _split_up(self, names: list[str]) -> list[list[str]]:
        if self.group:
            parts = [names]
            for together in self._sets:
                split = [([n for n in part if n in together], [n for n in part if n not in together]) for part in parts]
                parts = [half for halves in split for half in halves if half]
            return parts
        shared = [name for name in names if all(name in together for together in self._sets)]
        return [shared] * bool(shared) + [[name] for name in names if name not in shared]

    def _choose(
        self,
        view: StudyView,
        number: int,
        space: Mapping[str, Distribution],
        again: str = "",
    ) -> dict[str, float]:
        """Values for parameters that are chosen together."""
        chosen = {name: dist.from_unit(0.5) for name, dist in space.items() if dist.single()}
        open_space = {name: dist for name, dist in space.items() if name not in chosen}
        if not open_space:
            return chosen
        rng = rng_for(self.seed, number=number, purpose="tpe/" + "/".join(open_space) + again)
        ask = self._ask(view, number, open_space)
        return chosen | ask.frame.values(ask.candidate(rng), 0)

    def _ask(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> Ask:
        record = self._record(view, space)
        return Ask(
            record,
            self._rows(view, number, record),
            n_candidates=self.n_ei_candidates,
            prior_weight=self.prior_weight,
            constant_liar=self.constant_liar,
            shares=self._standing.shares(view, self._history),
        )

    def _rows(self, view: StudyView, number: int, record: Record) -> Rows:
        """The trials under way, without the one that asks."""
        names = record.frame.names
        if names not in self._pending or self._pending[names].frame is not record.frame:
            self._pending[names] = PendingRows(record.frame, view.directions[0].sign)
        return self._pending[names].of(view, number)


def _waiting(block: Block) -> frozenset[int]:
    """Trials that are paused with reports."""
    return frozenset([t.number for t in block if t.state is TrialState.PAUSED and t.intermediate_values])


def _positive(name: str, value: Any) -> float:
    found = as_float(value) if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) else None
    if found is None or not 0 < found < math.inf:
        raise ValueError(
            f"{name} must be a finite number > 0, got {shown(value)}; 1.0 lets the prior count as one trial."
        )
    return found


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False, got {shown(value)}.")
    return bool(value)
