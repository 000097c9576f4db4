"""Every exception a caller can catch. Each shows the value, the rule and the way out, and survives pickling.

Errors keep their constructor arguments in ``args`` and build the text in ``__str__``, so that ``pickle`` (a Ray
process border) rebuilds them by calling the class again. Knows nothing of the rest of the package.
"""

from __future__ import annotations


class RaytuneLiteError(Exception):
    """Base of all errors of this package. ``str(error)`` is the whole message."""

    def __str__(self) -> str:
        return " ".join(str(part) for part in self.args)


class TrialPruned(RaytuneLiteError):  # noqa: N818  (Optuna's name; a signal, not an error)
    """Raised by an objective to end its attempt early: ``if trial.should_prune(): raise TrialPruned()``.

    When the pruner's decision was PAUSE the trial is paused, not pruned, and may be promoted later.

    ``TrialPruned(0.3)`` carries an estimate of the result: a number, or one for each objective. It is stored as the
    value of the pruned trial; else that is its last report, as in Optuna. An estimate of a trial that is paused is not
    kept, and NaN is none. A pruned trial is never the best one, and pruners do not count its value; samplers for one
    objective learn from its reports, as before. A text is a message.
    """


def is_pruned(error: BaseException) -> bool:
    """Whether an exception says that its trial is pruned. Optuna's TrialPruned does, which other libraries raise."""
    return isinstance(error, TrialPruned) or any(
        cls.__name__ == "TrialPruned" and cls.__module__.partition(".")[0] == "optuna" for cls in type(error).__mro__
    )


class TrialInvalid(Exception):  # noqa: N818  (a signal, beside TrialPruned)
    """Raised by an objective whose parameters cannot be evaluated at all: ``raise TrialInvalid("batch > data set")``.

    The trial is stored as FAIL and is not tried again. It does not count: another configuration takes its place, and a
    grid cell is DEAD at once.
    """


OptunaError = RaytuneLiteError  # Optuna's name for the base of all errors; TrialPruned is one there, too


class ExperimentalWarning(Warning):
    """Optuna's name, for scripts that silence it. This package does not warn so."""


class UpdateFinishedTrialError(RaytuneLiteError, RuntimeError):
    """A trial that is finished cannot be changed."""


class CLIUsageError(RaytuneLiteError):
    """Optuna's name, for scripts that catch it. Our command line ends with a message and an exit code."""


# --- the user's input -------------------------------------------------------------------------------------------


class InvalidDistributionError(RaytuneLiteError, ValueError):
    """A search range, step or choice that cannot be used."""


class IncompatibleDistributionError(RaytuneLiteError, ValueError):
    """One parameter name was given two distributions that cannot share a study."""


class ObjectiveNotPicklableError(RaytuneLiteError, TypeError):
    """The objective cannot be sent to a worker process; the message names the variable at fault."""


class InvalidResourcesError(RaytuneLiteError, ValueError):
    """A resource request that names an unknown option or has an impossible value."""


class InfeasibleResourcesError(RaytuneLiteError, RuntimeError):
    """A resource request that no node of the present cluster can ever satisfy."""


class PlacementTimeoutError(RaytuneLiteError, RuntimeError):
    """No trial of several processes was placed for so long, though the cluster could run one."""

    def __init__(self, seconds: float, missing: str) -> None:
        self.seconds, self.missing = seconds, missing

    def __str__(self) -> str:
        return (
            f"no trial was placed for {self.seconds:g} s: {self.missing} To wait for longer, pass "
            'resources={"placement_timeout": seconds, ...}. What was acknowledged is stored; the same call goes on.'
        )


class RayUnavailableError(RaytuneLiteError, ConnectionError):
    """Ray does not start on this machine, or the cluster cannot be joined; nothing was run."""


class RuntimeEnvironmentError(RaytuneLiteError, RuntimeError):
    """The workers' environment cannot be set up, or lacks a module that trials need; the run has ended."""


class TrialFailedError(RaytuneLiteError, RuntimeError):
    """An objective raised and ``catch`` did not list the exception. The remote traceback is in the message."""

    def __init__(self, number: int, attempt: int, error: str, traceback: str) -> None:
        self.number, self.attempt, self.error, self.traceback = number, attempt, error, traceback

    def __str__(self) -> str:
        return (
            f"trial {self.number} (attempt {self.attempt}) failed: {self.error}\n\n{self.traceback.rstrip()}\n\n"
            "The trial is stored as FAIL. Fix the objective and run again, or pass catch=(ThatError,) to "
            "optimize() to go on after it."
        )


class TrialDivergedError(RaytuneLiteError, RuntimeError):
    """The ranks of a trial do not make the same calls of it. ``call``: counts this rank's calls from 0."""

    def __init__(self, rank: int, call: int, own: str, of_rank_0: str) -> None:
        self.rank, self.call, self.own, self.of_rank_0 = rank, call, own, of_rank_0

    def __str__(self) -> str:
        return (
            f"rank {self.rank} has diverged from rank 0: its call {self.call + 1} of the trial is {self.own}, and that "
            f"of rank 0 is {self.of_rank_0}. Every rank must call suggest_*, report, should_prune, save_checkpoint and "
            "checkpoint_dir alike, in the same order: what other ranks than 0 report or save with save_checkpoint is "
            "not counted, so no `if trial.rank == 0` is needed around them."
        )


class StudyAbortedError(RaytuneLiteError, RuntimeError):
    """A run was aborted: all of its first trials failed in the same way, or none of them could save a checkpoint."""

    def __init__(self, study_name: str, reason: str) -> None:
        self.study_name, self.reason = study_name, reason

    def __str__(self) -> str:
        return (
            f"study {self.study_name!r}: the run was aborted: {self.reason}. Trials that failed are stored as FAIL; "
            "trials that wait go on in the next run. Fix the cause and run again, or pass "
            "retries=RetryPolicy(abort_after=None) so that runs are not aborted."
        )


class NoResultError(RaytuneLiteError, RuntimeError):
    """Every trial of a run ended, and none of them returned what is a result: None, a text, a dict."""

    def __init__(self, study_name: str, n_trials: int, reason: str) -> None:
        self.study_name, self.n_trials, self.reason = study_name, n_trials, reason

    def __str__(self) -> str:
        return (
            f"study {self.study_name!r}: this run has no result. Each of its {self.n_trials} trial(s) is stored as "
            f"FAIL: {self.reason} Correct what the objective returns, and run again."
        )


class NotEnoughDataError(RaytuneLiteError, ValueError):
    """A study has too few curves for what was asked of them; the message says what is missing and the way out."""


class SamplerRefusedError(RaytuneLiteError, ValueError):
    """The sampler cannot serve this study or this parameter, as a grid that lacks it; the message says what to change.
    """


class SamplerFailedError(RaytuneLiteError, RuntimeError):
    """The sampler raised, or chose a value that cannot be. The objective is not to blame, and its trial goes on later.

    Args:
        sampler: the name of its class.
        number: the trial that it was asked for.
        error: "Type: message" of what it raised.
        traceback: where; empty when it raised nothing.
    """

    def __init__(self, sampler: str, number: int, error: str, traceback: str = "") -> None:
        self.sampler, self.number, self.error, self.traceback = sampler, number, error, traceback

    def __str__(self) -> str:
        where = f"\n\n{self.traceback.rstrip()}\n\n" if self.traceback else " "
        return (
            f"the sampler {self.sampler} failed for trial {self.number}: {self.error}{where}The run ends here. The "
            "objective is not to blame: no trial failed, and those that were under way go on in the next run. Correct "
            "the sampler or pass another one, and run again."
        )


# --- ownership: epochs, attempts, leases -------------------------------------------------------------------------


class StaleAttemptError(RaytuneLiteError):
    """A message of an attempt that is not the trial's live one: the attempt has ended, or a newer one replaced it."""

    def __init__(self, number: int, attempt: int, live: str) -> None:
        self.number, self.attempt, self.live = number, attempt, live

    def __str__(self) -> str:
        return (
            f"trial {self.number}, attempt {self.attempt} is not live ({self.live}): its message was refused and "
            "nothing was changed. The process that sent it should end itself."
        )


class FencedError(RaytuneLiteError):
    """This process no longer owns the study: another driver took it with a later epoch, or somebody released it."""

    def __init__(self, study_name: str, epoch: int) -> None:
        self.study_name, self.epoch = study_name, epoch

    def __str__(self) -> str:
        return (
            f"study {self.study_name!r}: another driver has taken it with a later epoch than {self.epoch}, or somebody "
            "has released it, so this driver may not write any more. Nothing that it acknowledged is lost; the newer "
            "driver goes on."
        )


class StudyBusyError(RaytuneLiteError, RuntimeError):
    """The study is owned by a driver that is still alive. ``seconds_left``: of silence, until it counts as dead."""

    def __init__(self, study_name: str, holder: str, seconds_left: float) -> None:
        self.study_name, self.holder, self.seconds_left = study_name, holder, seconds_left

    def __str__(self) -> str:
        return (
            f"study {self.study_name!r} is being run by {self.holder}, and a study has one driver at a time. It lives: "
            "it has just renewed its ownership. Stop that process, or add trials to its run (enqueue, extend). If it "
            f"dies silently, the same command takes over after {self.seconds_left:.0f} s; if it hangs, "
            "`raytune-lite release` takes the study from it."
        )


# --- storage -----------------------------------------------------------------------------------------------------


class StorageError(RaytuneLiteError, RuntimeError):
    """The database failed, or holds what this package did not write."""


StorageInternalError = StorageError  # Optuna's name


class MessageError(StorageError, ValueError):
    """A message or a record of the log that this version cannot have written; it is refused."""


class StorageURLError(RaytuneLiteError, ValueError):
    """A storage URL that cannot be parsed, or whose database driver is not installed."""


class SchemaVersionError(StorageError):
    """The database has a newer schema than this version knows."""


class DamagedStudyError(StorageError):
    """What the database holds of a study was changed by hand, or is damaged. To read it again does not help."""


class DuplicatedStudyError(RaytuneLiteError, ValueError):
    """A study of this name exists and ``load_if_exists`` was not given."""

    def __init__(self, study_name: str) -> None:
        self.study_name = study_name

    def __str__(self) -> str:
        return (
            f"a study named {self.study_name!r} exists in this storage already. Pass load_if_exists=True to "
            "continue it, choose another study_name, or delete_study() it first."
        )


class StudyNotFoundError(RaytuneLiteError, KeyError):
    """No study of this name is in the storage."""

    def __init__(self, study_name: str, known: tuple[str, ...] = ()) -> None:
        self.study_name, self.known = study_name, known

    def __str__(self) -> str:
        names = ", ".join(repr(name) for name in self.known[:10]) or "none"
        return f"no study named {self.study_name!r} in this storage; it holds: {names}."


class StudyNotRunningError(RaytuneLiteError, RuntimeError):
    """A command was meant for the run of a study, and no run is under way."""

    def __init__(self, study_name: str) -> None:
        self.study_name = study_name

    def __str__(self) -> str:
        return (
            f"study {self.study_name!r} is not being run now, so there is nothing to control. Start a run with "
            "study.optimize() or `raytune-lite run`; enqueue works without one, for the next run."
        )


class DriverUnreachableError(RaytuneLiteError, ConnectionError):
    """The driver of a run does not answer, or no longer exists. What was acknowledged is stored."""


# --- checkpoints -------------------------------------------------------------------------------------------------


class CheckpointError(RaytuneLiteError, RuntimeError):
    """A checkpoint could not be written or read."""


class CheckpointDiskError(CheckpointError):
    """The disk of the checkpoints is full, or fails. The trial is not to blame: it is tried again from its last one."""


class CheckpointCorruptedError(CheckpointError):
    """A checkpoint's content differs from the digest that was recorded when it was published."""

    def __init__(self, path: str, expected: str, found: str) -> None:
        self.path, self.expected, self.found = path, expected, found

    def __str__(self) -> str:
        return (
            f"checkpoint {self.path} is damaged: recorded digest {self.expected}, found {self.found}. The trial goes "
            "back to its previous checkpoint. Without one it fails, because a start from zero would lose its work "
            "silently: restore the file from a copy and enqueue the trial again."
        )


def __dir__() -> list[str]:
    return sorted(name for name, value in globals().items() if getattr(value, "__module__", "") == __name__)
