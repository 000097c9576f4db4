"""Tests of Optuna 5.0.0 that fail on purpose here, by file and reason. ``optunas_tests.py`` counts them."""

from __future__ import annotations

PRIVATE = "calls, counts or changes private parts of Optuna"
BAR = "reads the lines that Optuna's log and progress bar print"
OLD = "an older name (`UniformDistribution`, ...) warns where it is called"
SAMPLER = "a sampler is copied, and is told of a trial's end later ([below](#a-sampler-of-your-own))"
AUTO = "the default sampler is AutoSampler"
STRICT = "an error, where Optuna converts a wrong value or warns"
STATUS = "nothing here is experimental or deprecated that is so in Optuna"
STORAGE = "storages are holders of a URL, whose methods do not change trials"
UNORDERED = "wants attributes in the order in which they were set; a database has no order"

# file below Optuna's tests -> reason -> tests; a name without [...] stands for all parameters of the test
DIFFERENCES: dict[str, dict[str, tuple[str, ...]]] = {
    "artifacts_tests/test_gcs.py": {"needs google-cloud-storage": ("(import)",)},
    "artifacts_tests/test_upload_artifact.py": {UNORDERED: ("test_upload_artifact_with_positional_args",)},
    "search_space_tests/test_intersection.py": {PRIVATE: ("test_intersection_search_space",)},
    "study_tests/test_multi_objective.py": {
        PRIVATE: ("test_dominates_1d_not_equal", "test_dominates_2d", "test_normalize_value"),
    },
    "study_tests/test_optimize.py": {
        PRIVATE: (
            "test_run_trial", "test_run_trial_automatically_fail", "test_run_trial_pruned",
            "test_run_trial_catch_exception", "test_run_trial_exception",
            "test_run_trial_invoke_tell_with_suppressing_warning",
        ),
    },
    "study_tests/test_study.py": {
        STRICT: (
            "test_optimize_with_direction", "test_enqueue_trial_with_out_of_range_parameters",
        ),
        "one process runs a study, and one `optimize` at a time": (
            "test_optimize_with_thread_pool_executor", "test_nested_optimization",
            "test_tell_from_another_process",
        ),
        PRIVATE: (
            "test_optimize_with_reseeding", "test_get_trials", "test_log_completed_trial_skip_storage_access",
            "test_pop_waiting_trial_thread_safe", "test_get_best_trial",
        ),
        AUTO: ("test_create_study_default_sampler", "test_load_study_default_sampler"),
        BAR: (
            "test_optimize_with_progbar", "test_optimize_with_progbar_timeout",
            "test_optimize_with_progbar_parallel_timeout", "test_optimize_with_progbar_timeout_formats",
            "test_optimize_progbar_n_trials_prioritized", "test_optimize_infinite_budget_progbar",
            "test_log_completed_trial",
        ),
        "callbacks see a trial that fails, also the one whose error ends the run": ("test_callbacks",),
        OLD: ("test_ask_distribution_conversion",),
        "writes through `BaseStorage`": ("test_pop_waiting_trial_id_race_condition",),
        STATUS: ("test_set_metric_names_experimental_warning",),
        SAMPLER: (
            "test_after_trial", "test_after_trial_pruning", "test_after_trial_failing",
            "test_after_trial_failing_in_after_trial", "test_after_trial_with_study_tell",
        ),
    },
    "test_distributions.py": {
        STRICT: ("test_int_internal_representation", "test_categorical_contains"),
    },
    "trial_tests/test_frozen.py": {OLD: ("test_create_trial_distribution_conversion",)},
    "trial_tests/test_trial.py": {
        PRIVATE: ("test_suggest_low_equals_high", "test_persisted_param"),
        "a value of another range counts, where the parameter's range contains it": ("test_relative_parameters",),
        STRICT: ("test_report_value", "test_report_step"),
        "several objectives may be reported, and pruned": (
            "test_raise_error_for_report_with_multi_objectives", "test_raise_error_for_should_prune_multi_objectives",
        ),
        STORAGE: ("test_lazy_trial_system_attrs",),
    },
    "trial_tests/test_trials.py": {
        STRICT: tuple(f"test_not_contained_param[<lambda>-distribution{n}-Trial]" for n in range(6)),
    },
}  # fmt: skip
