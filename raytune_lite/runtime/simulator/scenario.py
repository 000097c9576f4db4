"""What a seed draws before its history begins: the study, the cluster, the objective, and which faults there are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from ...core.gpu_shares import WHOLE
from ...core.messages import Assignment, ParamValue
from ...core.protocols import Pruner
from ...core.retries import RetryPolicy
from ...core.view import StudyView
from ...distributions import Distribution, FloatDistribution, IntDistribution
from ...samplers import GridSampler, RandomSampler
from ...trial import StudyDirection
from ..scout import params_before
from ..trial import Trial
from ..virtual.world import World
from .pruners import draw_pruner, has_patience, referee_of
from .referee import Referee

# The probability of each fault at each of its occasions, in a history of middling misfortune.
RATES = {
    "worker dies in its objective": 0.01,
    "worker dies while it writes a checkpoint": 0.02,
    "worker dies between publishing and reporting": 0.03,
    "worker dies before its end is delivered": 0.03,
    "worker is stopped": 0.006,
    "worker is stopped for good": 0.004,
    "worker is stopped as it begins": 0.2,
    "worker is cut off": 0.006,
    "worker is cut off until it is given up, and hangs": 0.01,
    "killing does not work": 0.3,
    "node is lost": 0.02,
    "node is preempted": 0.04,
    "node that leaves takes a task": 0.2,
    "loss is noticed late": 0.2,
    "end is late": 0.05,
    "driver dies before a commit": 0.006,
    "driver dies after a commit": 0.006,
    "driver dies before a snapshot": 0.02,
    "driver dies after a snapshot": 0.02,
    "driver dies before it deletes": 0.02,
    "driver dies at recovery": 0.05,
    "driver is killed": 0.02,
    "driver is stopped": 0.01,
    "driver has a double": 0.008,
    "driver begins on another machine": 0.1,
    "clock is skewed": 0.3,
    "clock is set": 0.01,
    "machines are suspended": 0.004,
    "script is stopped": 0.008,
    "callback is slow": 0.03,
    "script dies": 0.01,
    "script is interrupted": 0.008,
    "script has a double": 0.004,
    "power is cut": 0.006,
    "commit is slow": 0.01,
    "database hangs": 0.002,
    "commit fails": 0.006,
    "commit succeeds unheard": 0.006,
    "snapshot fails": 0.05,
    "database is down": 0.02,
    "deleting fails": 0.02,
    "checkpoint is damaged": 0.01,
    "checkpoint disk is full": 0.01,
    "checkpoint disk fails": 0.005,
    "message is lost": 0.005,
    "message is doubled": 0.02,
    "message is late": 0.008,
    "log of a worker is read late": 0.1,
    "objective raises": 0.006,
    "objective returns NaN": 0.03,
    "objective hangs": 0.015,
    "objective loads late": 0.3,
    "objective runs out of memory": 0.003,
    "objective finds its parameters invalid": 0.003,
    "study is stopped": 0.004,
    "user stops a trial": 0.03,
    "user pauses the study": 0.02,
    "user changes the number of slots": 0.02,
    "user extends the run": 0.02,
}
# of histories whose checkpoints lie in an object store, see ``bucket``
UPLOAD_RATES = {
    "bucket is away": 0.02,
    "request to the bucket fails": 0.01,
    "upload is slow": 0.1,
    "upload is cut off": 0.05,
    "upload succeeds unheard": 0.05,
    "worker dies in an upload": 0.05,
    "list of objects is stale": 0.1,
}
# of histories whose trials have several processes, see ``groups``
GROUP_RATES = {
    "another rank dies": 0.01,
    "another rank raises": 0.005,
    "other work comes": 0.1,
}
# Seconds of virtual time: then nothing fails any more, and the study must end. Short ones, too: what a driver forgets,
# its next life may put right.
CALM_AFTER = (30.0, 100.0, 240.0, 240.0)
SPOT = 0.3  # probability that nodes are preempted at all


class SlowSampler(RandomSampler):
    """A sampler that takes its time, and chooses by all that a view holds. ``seconds``: how long it takes."""

    in_background = True
    world: World | None = None
    seconds = 0.0

    def spec(self) -> dict[str, Any]:
        """RandomSampler's, by which it is known to ``sampler_from_spec``; it is never made from it here."""
        return {**super().spec(), "name": "RandomSampler"}

    def sample_independent(self, view: StudyView, number: int, name: str, distribution: Distribution) -> float:
        """A uniform draw, moved on by the numbers of trials that ended, and of parameters under way."""
        if self.world is not None and self.world.current is not None:  # asked in the driver's sampler thread
            self.world.sleep(self.seconds)
        known = len(view.finished) + sum(len(trial.params) for trial in view.pending(number))
        return (super().sample_independent(view, number, name, distribution) + known / 7) % 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One study and one cluster."""

    sampler: GridSampler | RandomSampler
    pruner: Pruner
    directions: tuple[StudyDirection, ...]
    retries: RetryPolicy
    n_trials: int | None
    max_trials: int | None
    lease: float
    max_step: int
    step_seconds: float
    save_every: int
    saves_first: bool
    saves_twice: float
    heeds_nodes: bool  # it saves when its node leaves
    sets_attrs: bool
    nan_share: float
    bumps: bool  # curves go up and down, else they fall
    conditional: bool
    catch: bool
    nodes: int
    slots: int
    claims_ahead: bool
    task_seconds: float  # for which a task has trials; they may turn out longer than those before
    wishes: int
    external: int  # trials that another program made before
    trial_timeout: float | None
    timeout: float | None  # seconds of the first run
    patience: float  # seconds the driver tries a failing database again
    provable: bool
    as_json: bool
    max_checkpoint_bytes: int | None
    sql: bool
    uploads: bool = False  # checkpoints lie at a URL
    ranks: int = 1  # processes of a trial
    shares_gpus: bool = False  # a node is a GPU, and tasks take shares of it
    adds: int = 0  # trials that others add meanwhile
    reads: float = 0.0  # probability that an objective reads finished trials after a step

    @property
    def total(self) -> int | None:
        """Configurations that the whole study runs, or None: those of the grid."""
        return None if isinstance(self.sampler, GridSampler) else self.max_trials

    @property
    def max_cost(self) -> float | None:
        """What the study may cost, of which a slot takes 1 a second: as three whole trials, in one study of ten."""
        has_one = self.max_checkpoint_bytes == 8 and self.patience == 10.0  # drawn for something else
        return 3 * self.max_step * self.step_seconds if has_one else None

    @property
    def binds_first(self) -> bool:
        """Whether what a task asks for depends on its trial's parameters, in one study of six."""
        drawn = self.wishes == 2 and not self.claims_ahead  # for something else
        return self.shares_gpus or (drawn and self.ranks == 1)

    @property
    def grows(self) -> bool:
        """Whether an autoscaler may add nodes, as far as the launcher knows; it has none."""
        return self.binds_first and self.lease > 22.0  # drawn for something else

    @property
    def places(self) -> int:
        """Of a node."""
        return WHOLE if self.shares_gpus else self.slots

    @property
    def moves_at(self) -> tuple[int, ...]:
        """The steps from which on trials ask for other resources."""
        return (2, 5) if self.binds_first and self.saves_first else ()

    def size(self, assignment: Assignment) -> int:
        """How many places of a node the trial's task takes."""
        if self.shares_gpus:
            return assignment.gpu_share
        if not self.binds_first:
            return 1
        text = repr(sorted(params_before(assignment).items()) or assignment.number)
        return 1 + blake2b(text.encode(), digest_size=1).digest()[0] % self.slots

    def price(self, size: int) -> float:
        """Of an attempt that takes so many places, an hour: of a GPU, or of a place, 1 a second."""
        return 3600.0 * (size / WHOLE if self.shares_gpus else size)

    def suggest(self, trial: Trial) -> dict[str, float]:
        """The objective's parameters."""
        if isinstance(self.sampler, GridSampler):
            sizes = {name: len(values) for name, values in self.sampler.grid.axes}  # each axis is 1, 2, ... size
            return {name: float(trial.suggest_int(name, 1, size)) for name, size in sizes.items()}
        params = {"x": trial.suggest_float("x", 0.0, 1.0)}
        if self.conditional:
            name = f"z{int(params['x'] * 3)}"
            params[name] = trial.suggest_float(name, 0.0, 1.0)
        return params

    def wish(self, world: World) -> tuple[ParamValue, ...]:
        """Parameters that somebody chose by hand."""
        grid: Any = self.sampler.grid
        if grid is None:
            x = round(world.draw("wish"), 2)
            return (ParamValue(name="x", value=x, distribution=FloatDistribution(0.0, 1.0)),)
        cell = grid.params(world.integer("wished cell", 0, grid.size - 1))
        sizes = {name: len(values) for name, values in grid.axes}
        return tuple(
            ParamValue(name=name, value=float(value), distribution=IntDistribution(1, sizes[name]))
            for name, value in cell.items()
        )

    def referee(self, world: World) -> Referee:
        """An independent judge of the pruner's decisions."""
        return referee_of(self.pruner, self.directions, world.violate)

    def result(self, world: World, name: str) -> tuple[float, ...]:
        """What a trial that ran elsewhere came to."""
        return tuple(round(world.draw(name), 1) for _ in self.directions)

    def values(self, params: dict[str, float], step: int, *, is_result: bool = False) -> tuple[float, ...]:
        """The learning curve of some parameters: always the same, most often falling, sometimes no number; of a second
        objective it is the steps.
        """
        first = self._first_value(params, step, is_result=is_result)
        return (first, float(step))[: len(self.directions)]

    def _first_value(self, params: dict[str, float], step: int, *, is_result: bool) -> float:
        point = params["x"]
        noise = int.from_bytes(blake2b(repr(point).encode(), digest_size=4).digest(), "big") / 2**32
        if noise < self.nan_share and not is_result and step > 1 + noise * 30:
            return math.nan
        value = round(noise * 4) / 4 + 1.0 / (step + 1)  # rounded: trials tie
        value += 0.5 if self.bumps and (step + int(noise * 8)) % 3 == 0 else 0.0
        return self.directions[0].sign * value

    def is_exact(self, params: dict[str, float], step: int, values: tuple[float, ...]) -> bool:
        """Whether a stored report is what the objective computes for these parameters."""
        return "x" in params and repr(self.values(params, step)) == repr(values)


def draw(world: World, *, sql: bool) -> Scenario:
    """A scenario; it also sets the world's rates."""
    _draw_rates(world)
    grid = world.draw("is a grid") < 0.5
    integer, between = world.integer, world.between
    if grid:
        axes = {"x": list(range(1, 2 + integer("axis x", 1, 4))), "y": list(range(1, 2 + integer("axis y", 0, 3)))}
        sampler: Any = GridSampler(axes, seed=integer("seed", 0, 999), max_failures=integer("max failures", 1, 3))
    else:
        kind = world.choice("sampler takes its time", (RandomSampler, SlowSampler))
        sampler = kind(integer("seed", 0, 999))
        if isinstance(sampler, SlowSampler):
            sampler.world, sampler.seconds = world, world.choice("thinking takes", (0.05, 1.0, 5.0))
    n = integer("trials", 2, 20)
    pruner = draw_pruner(world)
    directions = [world.choice("direction", (StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE))]
    if pruner.judges_several and world.draw("has two objectives") < 0.5:
        directions.append(StudyDirection.MAXIMIZE)
    every = world.choice("checkpoint every", (0, 1, 1, 2, 3))
    claims_ahead = world.draw("claims ahead") < 0.3
    many = claims_ahead and world.draw("has many short trials") < 0.5  # for few slots: tasks have several of them
    n = integer("many trials", 15, 30) if many else n
    has_others = world.draw("others have a part in it") < 0.3
    return Scenario(
        sampler=sampler,
        pruner=pruner,
        directions=tuple(directions),
        retries=_retries(world),
        n_trials=n if world.draw("has n_trials") < 0.5 else None,
        max_trials=None if grid else n + integer("more trials", 0, 6),
        lease=between("lease", 15.0, 30.0),
        max_step=integer("max step", 1, 9),
        step_seconds=0.02 if many else world.choice("step seconds", (0.02, 0.3, 1.0, 4.0)),
        save_every=every,
        saves_first=world.draw("saves first") < 0.5,
        heeds_nodes=world.draw("saves when its node leaves") < 0.7,
        saves_twice=world.choice("saves twice how often", (0.0, 0.0, 0.2)),
        sets_attrs=world.draw("sets attributes") < 0.5,
        nan_share=world.choice("share of NaN", (0.0, 0.0, 0.2)),
        bumps=has_patience(pruner) and world.draw("curves go up and down") < 0.6,
        conditional=world.draw("has a conditional parameter") < 0.5,
        catch=world.draw("catch") < 0.8,
        nodes=1 if many else integer("nodes", 1, 4),
        slots=integer("slots a node", 1, 2 if many else 4),
        claims_ahead=claims_ahead,
        task_seconds=world.choice("a task's trials take", (1.0, 10.0) if many else (0.02, 10.0, 60.0)),
        wishes=integer("wishes", 0, 3),
        external=0 if sql or world.draw("another program") < 0.7 else integer("trials of another program", 1, 4),
        trial_timeout=world.choice("trial timeout", (None, None, 10.0, 60.0)),
        timeout=world.choice("timeout", (10.0, 40.0)) if world.draw("has a timeout") < 0.1 else None,
        patience=world.choice("patience", (10.0, 40.0)),
        provable=world.draw("death is provable") < 0.5,
        as_json=world.draw("as JSON") < 0.1,
        max_checkpoint_bytes=world.choice("checkpoint bytes", (None, None, None, 3, 8)),  # a simulated one has 1
        sql=sql,
        adds=integer("trials that others add", 1, 5) if has_others else 0,
        reads=world.choice("reads others", (0.1, 0.5)) if has_others else 0.0,
    )


def _draw_rates(world: World) -> None:
    weather = world.choice("weather", (0.0, 0.3, 1.0, 1.0, 2.0, 4.0))
    for fault, rate in {**RATES, **UPLOAD_RATES, **GROUP_RATES}.items():
        share = world.choice(f"rate of {fault}", (0.0, 0.5, 1.0, 3.0))
        world.rates[fault] = min(0.5, rate * share * weather)
    if world.draw("has spot nodes") > SPOT:
        world.rates["node is preempted"] = 0.0


def _retries(world: World) -> RetryPolicy:
    def budget(name: str) -> Any:
        # an objective that needs longer than trial_timeout needs it each time: without a bound it would never end
        n = world.choice(f"retries after {name}", (0, 1, 2, 5, 2 if name == "timeout" else None))
        delay = world.choice(f"delay after {name}", (0.0, 0.0, 0.0, 1.0, 10.0))
        return (n, delay) if delay else n

    kinds = ("exception", "non_finite", "worker_crash", "lease_expired", "node_lost", "timeout", "out_of_memory")
    disk = (None, world.choice("delay after checkpoint_disk", (0.5, 10.0)))
    return RetryPolicy(**{kind: budget(kind) for kind in kinds}, checkpoint_disk=disk, abort_after=None)
