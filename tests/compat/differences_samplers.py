"""Tests of Optuna's samplers that fail on purpose here; see ``differences.py``."""

from __future__ import annotations

from differences import BAR, PRIVATE, SAMPLER, STATUS, STORAGE, STRICT

ABORT = "a run ends where its first 10 trials fail in the same way"
CELLS = "a cell of a grid is run once, and again where its trial failed"
CHANGES = "a space that changes is searched, where Optuna's brute force raises"
CONSTRAINTS = "an error of `constraints_func` in `optimize` fails its trial"
INNER = "counts calls of a sampler inside the sampler; ours choose ahead what they know"
KEYWORD = "a keyword that has no meaning here"
MOCK = "has a Mock in the place of a study or a trial"
MULTI = "`multivariate=None` and `group=None` are True"
PATHS = "brute force gives a path to one trial: the next `ask` waits until the first has asked for a parameter"
PENDING = "`infer_relative_search_space` looks at COMPLETE trials, that of Optuna's QMCSampler also at RUNNING ones"
SEED = "draws follow the seed and the trial's number: there is no generator, and `reseed_rng` changes nothing"

SAMPLERS: dict[str, dict[str, tuple[str, ...]]] = {
    "samplers_tests/test_brute_force.py": {
        PRIVATE: ("test_tree_node_add_paths", "test_tree_node_count_unexpanded"),
        CHANGES: (
            "test_study_optimize_with_dynamic_range_search_space", "test_study_optimize_with_increasing_search_space",
            "test_study_optimize_with_decreasing_search_space",
            "test_non_divisible_step_with_high_that_fails_to_fallback_to_divisible_range",
        ),
        ABORT: ("test_study_optimize_with_failed_trials",),
        PATHS: ("test_parallel_optimize", "test_not_avoid_premature_stop", "test_avoid_premature_stop"),
    },
    "samplers_tests/test_cmaes.py": {
        STATUS: (
            "test_consider_pruned_trials_experimental_warning", "test_with_margin_experimental_warning",
            "test_lr_adapt_experimental_warning",
        ),
        PRIVATE: (
            "test_init_cmaes_opts", "test_init_cmaes_opts_with_margin", "test_init_cmaes_opts_lr_adapt",
            "test_warm_starting_cmaes", "test_warm_starting_cmaes_maximize", "test_get_trials",
            "test_restore_optimizer_from_substrings", "test_get_solution_trials",
            "test_get_solution_trials_with_other_options", "test_split_and_concat_optimizer_string",
            "test_is_compatible_search_space", "test_internal_optimizer_with_margin",
        ),
        INNER: ("test_sample_relative_n_startup_trials",),
        SAMPLER: ("test_call_after_trial_of_base_sampler",),
        BAR: ("test_warn_independent_sampling",),
    },
    "samplers_tests/test_gp.py": {
        PRIVATE: ("test_after_convergence", "test_behavior_without_greenlet"),
        CONSTRAINTS: ("test_constraints_func_nan",),
    },
    "samplers_tests/test_grid.py": {
        STRICT: ("test_study_optimize_with_single_search_space", "test_nan"),
        CELLS: (
            "test_study_optimize_with_exceeding_number_of_trials", "test_study_optimize_with_fail",
            "test_retried_trial",
        ),
        PRIVATE: (
            "test_study_optimize_with_multiple_search_spaces", "test_cast_value", "test_has_same_search_space",
        ),
    },
    "samplers_tests/test_nsgaii.py": {
        PRIVATE: (
            "test_generation_key_name", "test_population_size", "test_child_generation_strategy_mutation_prob",
            "test_child_generation_strategy_mutation", "test_perform_mutation_contains_distribution",
            "test_perform_mutation_uses_search_space_transform", "test_mutation_deterministic",
            "test_child_generation_strategy_generation_key", "test_child_generation_strategy_crossover_prob",
            "test_call_after_trial_of_random_sampler", "test_call_after_trial_of_after_trial_strategy",
            "test_crossover_numerical_distribution", "test_crossover_duplicated_param_values",
            "test_crossover_deterministic",
        ),
        CONSTRAINTS: ("test_constraints_func_nan",),
        STATUS: (
            "test_constraints_func_deprecation_warning",
            "test_elite_population_selection_strategy_experimental_warning",
            "test_child_generation_strategy_experimental_warning", "test_after_trial_strategy_experimental_warning",
        ),
    },
    "samplers_tests/test_nsgaiii.py": {
        PRIVATE: ("test_population_size",),
        CONSTRAINTS: ("test_constraints_func_nan",),
        STATUS: (
            "test_child_generation_strategy_experimental_warning", "test_after_trial_strategy_experimental_warning",
        ),
        SAMPLER: ("test_call_after_trial_of_random_sampler", "test_call_after_trial_of_after_trial_strategy"),
    },
    "samplers_tests/test_partial_fixed.py": {
        STRICT: ("test_float_to_int", "test_out_of_the_range_numerical"),
        STATUS: ("test_partial_fixed_experimental_warning",),
        SAMPLER: ("test_call_after_trial_of_base_sampler",),
    },
    "samplers_tests/test_qmc.py": {
        STATUS: ("test_experimental_warning",),
        SEED: ("test_initial_seeding", "test_warn_asynchronous_seeding"),
        PENDING: (
            "test_infer_relative_search_space", "test_infer_relative_search_space_with_suggested_running",
            "test_infer_relative_search_space_with_ask_fixed",
        ),
        INNER: ("test_sample_independent",),
        BAR: ("test_warn_independent_sampling", "test_infer_relative_search_space_dynamic_warning"),
        MOCK: (
            "test_sample_relative", "test_sample_relative_categorical", "test_sample_relative_categorical_balanced",
            "test_sample_relative_int_balanced", "test_sample_relative_categorical_single_choice",
            "test_sample_relative_halton", "test_sample_relative_sobol",
        ),
        PRIVATE: ("test_call_after_trial", "test_sample_qmc", "test_find_sample_id", "test_find_sample_id_partial_fix"),
    },
    "samplers_tests/test_samplers.py": {
        SEED: ("test_sampler_reseed_rng", "test_reseed_rng_change_sampling", "test_pickle_random_sampler"),
    },
    "samplers_tests/tpe_tests/test_multi_objective_sampler.py": {
        PRIVATE: (
            "test_multi_objective_sample_independent_seed_fix",
            "test_multi_objective_sample_independent_float_distributions",
            "test_multi_objective_sample_independent_categorical_distributions",
            "test_multi_objective_sample_int_distributions", "test_multi_objective_sample_independent_prior",
            "test_multi_objective_sample_independent_misc_arguments",
            "test_multi_objective_sample_independent_n_startup_trial",
            "test_multi_objective_sample_independent_handle_unsuccessful_states",
            "test_multi_objective_sample_independent_ignored_states",
        ),
    },
    "samplers_tests/tpe_tests/test_parzen_estimator.py": {
        PRIVATE: (
            "test_init_parzen_estimator", "test_calculate_shape_check", "test_calculate_shape_check_categorical",
            "test_calculate",
        ),
    },
    "samplers_tests/tpe_tests/test_sampler.py": {
        STATUS: (
            "test_hyperopt_parameters_deprecation_warning", "test_constraints_func_deprecation_warning",
            "test_group_with_default_multivariate", "test_group_experimental_warning",
        ),
        BAR: ("test_warn_independent_sampling",),
        MOCK: ("test_infer_relative_search_space", "test_sample_relative_empty_input"),
        PRIVATE: ("test_call_after_trial_of_random_sampler", "test_group"),
        KEYWORD: (
            "test_sample_relative_prior", "test_sample_relative_misc_arguments", "test_sample_independent_prior",
            "test_sample_independent_misc_arguments",
        ),
        INNER: ("test_sample_relative_n_startup_trial", "test_sample_independent_n_startup_trial"),
        STORAGE: (
            "test_sample_relative_handle_unsuccessful_states", "test_sample_relative_ignored_states",
            "test_sample_relative_pruned_state", "test_sample_independent_handle_unsuccessful_states",
            "test_sample_independent_ignored_states", "test_sample_independent_pruned_state",
        ),
        MULTI: ("test_invalid_multivariate_and_group", "test_multivariate_default_value"),
    },
}  # fmt: skip
