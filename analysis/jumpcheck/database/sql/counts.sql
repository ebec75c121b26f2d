-- One row: sizes of the tables, and of what a reader of the numbers should know.
select
    (select count(*) from scores) as scores,
    (select count(*) from scores where n_runs > 1) as scores_of_runs,
    (select min(n_runs) from scores where n_runs > 1) as runs_least,
    (select max(n_runs) from scores where n_runs > 1) as runs_most,
    (select count(*) from curves) as curves,
    (select count(*) from curves where status = 'flat') as curves_flat,
    (select count(*) from curves where status = 'infinite') as curves_infinite,
    (select count(*) from curves where status = 'too_few_scales') as curves_too_few_scales,
    (select count(*) from curves where n_models > n_scales) as curves_with_averaged_models,
    (
        select count(*) from curves
        where metric in (select metric from metrics where higher_is_better is null)
    ) as curves_of_unknown_direction,
    (select count(*) from triplets) as triplets,
    (select count(*) from triplets where status = 'aggregate_only') as triplets_of_aggregates_only,
    (select count(*) from triplets where jumps) as triplets_that_jump,
    (select count(*) from pairs) as pairs,
    (select count(*) from pairs where is_counted) as pairs_counted,
    (select bool_and(coalesce(is_preferred, false)) from scores) as preferred_only,
    (select count(*) from pairs where is_above) as pairs_above,
    (select count(*) from pairs where jumps) as pairs_that_jump,
    (select count(*) from breaks where verdict = 'break') as verdicts_break,
    (select count(*) from breaks where verdict = 'one_model') as verdicts_one_model,
    (select count(*) from breaks where verdict = 'family') as verdicts_family,
    (select count(*) from breaks where is_decoy) as decoys,
    (select count(*) from breaks where verdict = 'smooth') as verdicts_smooth,
    (select count(*) from breaks where verdict = 'at_chance') as verdicts_at_chance,
    (select count(*) from breaks where verdict = 'inconclusive') as verdicts_inconclusive,
    (select count(*) from breaks where verdict = 'not_testable') as verdicts_not_testable,
    (select count(*) from breaks where verdict <> 'not_testable') as curves_tested,
    (select count(*) from breaks where p_break is not null and verdict <> 'not_testable') as curves_with_p,
    (select count(*) from breaks where verdict = 'smooth' and source_of_jump is not null) as mirages,
    (select count(*) from triplets where verdict = 'break') as triplets_with_break,
    (select count(*) from triplets where has_decoy) as triplets_with_decoy,
    (select count(*) from triplets where q_jumping < (select fdr from settings)) as triplets_that_jump_with_break,
    (select count(*) from pairs where verdict = 'break') as pairs_with_break,
    (select count(*) from breaks where reason_code = 'no_chance_rate') as curves_without_chance,
    (
        select count(*) from breaks
        where reason_code in ('mixed_test_sets', 'rounded', 'few_values', 'no_test_set_size')
    ) as curves_without_examples,
    (select count(*) from metrics) as metrics,
    (select count(*) from metrics where not known) as metrics_unknown,
    (select count(*) from metrics where starts_with(metric, 'unnamed:')) as metrics_unnamed,
    (select count(*) from preferred_metric_differences) as preferred_metric_differences,
    (select count(*) from models) as models,
    (select count(*) from models where scale is null) as models_without_scale,
    (select count(*) from models where n_descriptions > 1) as models_described_differently,
    (
        select count(*)
        from (
            select model_family from models
            where scale is not null
            group by model_family
            having count(distinct scale_basis) > 1
        )
    ) as families_of_mixed_scale_basis,
    (select count(*) from tasks) as tasks,
    (select count(*) from tasks where note is not null) as tasks_with_known_fault
