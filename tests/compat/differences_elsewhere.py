"""Tests of Optuna 5.0.0 that fail on purpose here: pruners, storages, terminator, importance, command line."""

from __future__ import annotations

from differences import PRIVATE, STATUS, STORAGE

ENGINE = "wants the engine of SQLAlchemy, or upgrades tables in place"
DRAWS = "a seed gives other draws; in these three trials trees of depth 1 and 2 agree"
VERDICT = "each report is judged, and a verdict stands ([below](#a-verdict-stands))"
RUNGS = "rungs are in tables of ours, not in a trial's system attributes"
HEARTBEAT = "a lost trial is tried again by itself: no heartbeats, no callbacks of a storage"
MESSAGE = "the message has other words"
LOG = "the log has lines and handlers of ours"
COMMAND = "our command has a default database, `-f` for Optuna's formats, and neither `help` nor `--verbose`"

ELSEWHERE: dict[str, dict[str, tuple[str, ...]]] = {
    "importance_tests/test_evaluator.py": {
        STATUS: ("test_get_param_importances_unnormalized_experimental",),
        DRAWS: ("test_max_depth_of_tree_based_evaluator",),
    },
    "pruners_tests/test_hyperband.py": {
        PRIVATE: (
            "test_bracket_study", "test_hyperband_max_resource_is_auto", "test_hyperband_filter_study",
            "test_hyperband_no_filter_study",
        ),
    },
    "pruners_tests/test_median.py": {
        VERDICT: ("test_median_pruner_interval_steps", "test_median_pruner_n_min_trials"),
    },
    "pruners_tests/test_patient.py": {STATUS: ("test_patient_pruner_experimental_warning",)},
    "pruners_tests/test_percentile.py": {
        PRIVATE: (
            "test_get_best_intermediate_result_over_steps", "test_get_percentile_intermediate_result_over_trials",
        ),
    },
    "pruners_tests/test_successive_halving.py": {
        RUNGS: (
            "test_successive_halving_pruner_first_trial_is_not_pruned",
            "test_successive_halving_pruner_min_resource_parameter",
            "test_successive_halving_pruner_reduction_factor_parameter",
            "test_successive_halving_pruner_min_early_stopping_rate_parameter",
        ),
        PRIVATE: (
            "test_successive_halving_pruner_rung_check", "test_successive_halving_pruner_with_auto_min_resource",
        ),
    },
    "pruners_tests/test_threshold.py": {
        VERDICT: (
            "test_threshold_pruner_with_two_side", "test_threshold_pruner_n_warmup_steps",
            "test_threshold_pruner_interval_steps",
        ),
    },
    "pruners_tests/test_wilcoxon.py": {VERDICT: ("test_wilcoxon_pruner_normal",)},
    "storages_tests/rdb_tests/test_storage.py": {
        ENGINE: (
            "test_upgrade_identity", "test_upgrade_single_objective_optimization",
            "test_upgrade_multi_objective_optimization", "test_upgrade_distributions", "test_init",
            "test_init_url_template", "test_init_url_that_contains_percent_character",
            "test_init_db_module_import_error", "test_engine_kwargs", "test_create_scoped_session",
            "test_create_new_trial_with_retries",
            "test_check_table_schema_compatibility", "test_set_default_engine_kwargs_for_mysql",
            "test_set_default_engine_kwargs_for_mysql_with_other_rdb",
        ),
    },
    "storages_tests/test_callbacks.py": {
        STORAGE: ("test_retry_history_with_failures", "test_retry_history_with_more_than_max_retry"),
    },
    "storages_tests/test_heartbeat.py": {
        HEARTBEAT: (
            "test_repeatedly_called_record_heartbeat", "test_fail_stale_trials_with_optimize",
            "test_invalid_heartbeat_interval_and_grace_period", "test_heartbeat_experimental_warnings",
            "test_heartbeat_stale_trial_callback", "test_retry_heartbeat_stale_trial_callback",
            "test_retry_heartbeat_stale_trial_callback_intermediate", "test_fail_stale_trials",
            "test_fail_stale_trials_with_race_condition", "test_get_stale_trial_ids",
            "test_retry_heartbeat_stale_trial_callback_repetitive_failure",
        ),
    },
    "storages_tests/test_storages.py": {
        STORAGE: ("TestStorage", "test_get_trials_included_trial_ids", "test_get_trials_trial_id_greater_than"),
        PRIVATE: ("test_get_storage",),
    },
    "test_cli.py": {
        COMMAND: (
            "test_create_study_command_without_storage_url", "test_create_study_command_with_storage_env",
            "test_studies_command[None]", "test_studies_command_flatten[None]", "test_empty_argv",
            "test_trials_command[None-objective_func]", "test_trials_command_flatten[None-objective_func]",
            "test_trials_command[None-objective_func_branched_search_space]",
            "test_configure_logging_verbosity[--verbose-True]",
            "test_trials_command_flatten[None-objective_func_branched_search_space]",
        ),
        PRIVATE: (
            "test_check_storage_url", "test_get_storage_without_storage_class", "test_get_storage_with_storage_class",
        ),
        MESSAGE: ("test_ask_sampler_kwargs_without_sampler", "test_ask_without_create_study_beforehand"),
        ENGINE: ("test_storage_upgrade_command",),
    },
    "test_logging.py": {LOG: ("test_verbosity", "test_propagation", "test_default_handler")},
    "test_multi_objective.py": {
        PRIVATE: ("test_get_pareto_front_trials", "test_get_pareto_front_trials_with_constraint"),
    },
}  # fmt: skip
