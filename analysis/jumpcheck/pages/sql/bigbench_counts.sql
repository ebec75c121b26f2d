-- One row: the numbers of the page's text.
with last_scores as (
    -- The power law's forecasts of the largest scale, of curves that are not at chance.
    select
        count(*) as n_foretold,
        count(*) filter (forecasts.is_informative and forecasts.hit) as n_last_right,
        count(*) filter (forecasts.is_informative and not forecasts.hit) as n_last_wrong,
        count(*) filter (breaks.jumps) as n_last_jumps,
        count(*) filter (breaks.jumps and forecasts.is_informative and forecasts.hit) as n_last_jumps_right,
        count(*) filter (breaks.jumps and forecasts.is_informative and not forecasts.hit) as n_last_jumps_wrong
    from forecasts
    inner join breaks on forecasts.curve_id = breaks.curve_id
    where
        forecasts.law = 'power law' and forecasts.n_known = breaks.n_scales - 1 and breaks.verdict <> 'at_chance'
),

last_of_tasks as (
    select
        breaks.task,
        avg((forecasts.is_informative and forecasts.hit)::integer) as share_right,
        avg((forecasts.is_informative and not forecasts.hit)::integer) as share_wrong
    from forecasts
    inner join breaks on forecasts.curve_id = breaks.curve_id
    where
        forecasts.law = 'power law' and forecasts.n_known = breaks.n_scales - 1 and breaks.verdict <> 'at_chance'
    group by breaks.task
)

select
    (select count(*) from scores) as n_scores,
    (select count(*) from tasks) as n_tasks,
    (select count(*) from models) as n_models,
    (select count(*) from curves where status = 'infinite') as n_infinite,
    (select count(*) from curves where status = 'flat') as n_flat,
    (select count(*) from curves where is_counted and improvement_score > settings.emergence_threshold) as n_curves_above,
    (
        select count(*) from curves
        where
            is_counted and improvement_score > settings.emergence_threshold
            and task in ('mult_data_wrangling', 'list_functions')
    ) as n_curves_above_of_two_tasks,
    (select count(*) from pairs where is_counted) as n_pairs,
    (select count(distinct metric) from pairs where is_counted) as n_metrics,
    (
        select count(*)
        from (select metric from pairs where is_counted group by metric having count(*) >= 10)
    ) as n_metrics_of_ten,
    (
        select count(*) from pairs
        where is_counted and metric in ('exact_str_match', 'bleu', 'rougeLsum')
    ) as n_text,
    (
        select count(*) from pairs
        where is_above and metric in ('exact_str_match', 'bleu', 'rougeLsum')
    ) as n_text_above,
    (
        select count(*) from pairs
        where
            is_counted and median_improvement_score > settings.emergence_threshold
            and metric in ('exact_str_match', 'bleu', 'rougeLsum')
    ) as n_text_by_median,
    (
        select count(*) from pairs
        where
            is_counted and median_improvement_score > settings.emergence_threshold and metric = 'multiple_choice_grade'
    ) as n_choice_by_median,
    (select count(*) from pairs where is_counted and metric = 'multiple_choice_grade') as n_choice,
    (select count(*) from pairs where is_above and metric = 'multiple_choice_grade') as n_choice_above,
    (select count(distinct metric) from pairs where is_above) as n_metrics_above,
    (select count(*) from pairs where is_counted and median_improvement_score > settings.emergence_threshold) as n_by_median,
    (select count(*) from pairs where is_counted and twin_of is not null) as n_twins,
    (select count(*) from metrics where starts_with(metric, 'unnamed:')) as n_unnamed,
    (select count(*) from rejects) as n_rejects,
    (select bool_and(coalesce(is_preferred, false)) from scores) as only_preferred,
    (select count(*) from metric_swap) as n_swaps,
    (select count(*) from preferred_metric_differences) as n_named_differently,
    (
        select count(distinct pairs.task)
        from pairs
        inner join annotations on pairs.task = annotations.task and annotations.label = 'emergent'
        where pairs.is_counted
    ) as n_labelled,
    (
        select count(distinct pairs.task)
        from pairs
        inner join annotations on pairs.task = annotations.task and annotations.label = 'emergent'
        where pairs.is_above
    ) as n_labelled_above,
    (
        select count(distinct pairs.task)
        from pairs
        inner join annotations on pairs.task = annotations.task and annotations.label <> 'emergent'
        where pairs.is_counted
    ) as n_labelled_otherwise,
    (
        select count(distinct pairs.task)
        from pairs
        inner join annotations on pairs.task = annotations.task and annotations.label <> 'emergent'
        where pairs.is_above
    ) as n_labelled_otherwise_above,
    (select avg(share_right) from last_of_tasks) as last_right_of_tasks,
    (select avg(share_wrong) from last_of_tasks) as last_wrong_of_tasks,
    (
        select coalesce(sum(n_curves), 0)::bigint from sensitivity
        where starts_with(choice, 'the effects of models') and verdict in ('break', 'one_model')
    ) as n_breaks_of_sample,
    (
        select coalesce(sum(n_curves), 0)::bigint from sensitivity
        where starts_with(choice, 'the effects of models') and verdict_then in ('break', 'one_model')
    ) as n_breaks_with_effects,
    last_scores.*,
    settings.emergence_threshold,
    settings.sharpness_threshold
from settings
cross join last_scores
