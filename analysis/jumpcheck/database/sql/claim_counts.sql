-- One row: what the claims of the paper's meta-analysis are judged by, one column of named numbers for each part of the counting.
with by_preferred as (
    select
        metric,
        count(*) as n_pairs,
        count(*) filter (is_above) as n_above,
        count(*) filter (is_above and twin_of is null) as n_above_alone,
        metric in ('multiple_choice_grade', 'exact_str_match') as is_of_two
    from pairs
    where is_counted
    group by metric
),

any_threshold as (
    -- The paper names no threshold, so its "at most 5" is asked at all of them.
    select
        coalesce(string_agg(n_metrics_with_any::varchar, ', ' order by threshold), '0') as at_each,
        count(*) filter (n_metrics_with_any <= 5) as n_at_most_5,
        coalesce(any_value(n_metrics), 0) as n_metrics
    from emergence_by_threshold
    where metrics = 'all' and statistic = 'largest'
),

of_ten_pairs as (
    select
        coalesce(string_agg(n_metrics_with_any::varchar, ', ' order by threshold), '0') as at_each,
        coalesce(any_value(n_metrics), 0) as n_metrics
    from emergence_by_threshold
    where metrics = 'of at least 10 pairs' and statistic = 'largest'
),

two as (
    select
        coalesce(sum(n_above), 0)::bigint as n_above,
        coalesce(sum(n_above) filter (is_of_two), 0)::bigint as n_on_two,
        coalesce(sum(n_above) filter (not is_of_two), 0)::bigint as n_on_others,
        coalesce(sum(n_above_alone), 0)::bigint as n_above_alone,
        coalesce(sum(n_above_alone) filter (is_of_two), 0)::bigint as n_on_two_alone,
        coalesce(sum(n_pairs) filter (is_of_two), 0)::bigint as n_pairs_of_two,
        coalesce(sum(n_pairs) filter (not is_of_two), 0)::bigint as n_pairs_of_others
    from by_preferred
),

labelled as (
    select
        count(*) as n_tasks,
        count(*) filter (tasks.preferred_metric in ('multiple_choice_grade', 'exact_str_match')) as n_on_two,
        count(distinct tasks.preferred_metric) as n_metrics,
        (select count(*) from tasks where preferred_metric not in ('multiple_choice_grade', 'exact_str_match')) as n_tasks_of_others
    from annotations
    inner join tasks on annotations.task = tasks.task
    where annotations.label = 'emergent' and tasks.preferred_metric is not null
),

swapped as (
    select
        count(*) as n_curves,
        count(*) filter (sharp_is_above) as n_above,
        count(*) filter (sharp_is_above and not smooth_is_above) as n_gone,
        -- The paper's Brier score, a sum over all options.
        count(*) filter (sharp_is_above and brier_is_above is not null) as n_brier,
        count(*) filter (sharp_is_above and not brier_is_above) as n_brier_gone
    from (
        select
            any_value(metric_swap.sharp_score > settings.emergence_threshold) as sharp_is_above,
            -- A flat curve has no score, and is above nothing.
            bool_or(coalesce(metric_swap.smooth_score > settings.emergence_threshold, false)) as smooth_is_above,
            bool_or(coalesce(metric_swap.smooth_score > settings.emergence_threshold, false)) filter (
                metric_swap.smooth_metric in ('brier_score', 'calibration_multiple_choice_brier_score')
            ) as brier_is_above
        from metric_swap
        cross join settings
        where metric_swap.sharp_metric = 'multiple_choice_grade'
        group by metric_swap.task, metric_swap.subtask, metric_swap.shots, metric_swap.filter, metric_swap.model_family
    ) as by_curve
),

verdicts as (
    select
        count(*) filter (verdict <> 'not_testable') as n_tested,
        count(*) filter (jumps and verdict <> 'not_testable') as n_jumps,
        count(*) filter (jumps and verdict = 'smooth') as n_smooth,
        count(*) filter (jumps and verdict = 'smooth' and source_of_jump = 'ties') as n_ties,
        count(*) filter (jumps and verdict = 'smooth' and source_of_jump = 'resolution') as n_resolution,
        count(*) filter (jumps and verdict = 'smooth' and source_of_jump = 'metric') as n_metric
    from breaks
),

jumping as (
    select
        count(*) as n_triplets,
        count(*) filter (jump_is_detectable) as n_with_p,
        count(*) filter (jump_verdict = 'break') as n_break,
        count(*) filter (jump_verdict = 'one_model') as n_one_model,
        count(*) filter (jump_verdict = 'family') as n_family,
        count(*) filter (has_decoy) as n_decoy,
        count(*) filter (q_jumping < settings.fdr) as n_break_among_these,
        count(*) filter (jump_verdict = 'smooth') as n_smooth,
        count(*) filter (jump_verdict = 'at_chance') as n_at_chance,
        count(*) filter (jump_verdict = 'inconclusive') as n_inconclusive
    from triplets
    cross join settings
    where jump_verdict <> 'not_testable'
),

kind as (
    -- Claims about BIG-bench's metrics and tasks are asked of BIG-bench alone.
    select 2 * count(annotations.task) > count(*) as is_bigbench
    from tasks
    left join annotations on tasks.task = annotations.task
)

select
    any_threshold,
    of_ten_pairs,
    two,
    labelled,
    swapped,
    verdicts,
    jumping,
    kind,
    (select count(*) from by_preferred where n_above > 0) as n_metrics_above
from any_threshold
cross join of_ten_pairs
cross join two
cross join labelled
cross join swapped
cross join verdicts
cross join jumping
cross join kind
