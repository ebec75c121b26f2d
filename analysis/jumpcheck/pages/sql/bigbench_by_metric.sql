-- One row per preferred metric of at least 10 pairs: how many are above the threshold by their largest and by their median curve,
-- and how many are in two simulated worlds, one in which nothing emerges and one in which every model guesses. The
-- worlds have only tasks of fewer than 10 subtasks, so one column counts the pairs of such tasks alone, for
-- comparison.
with of_pairs as (
    select
        pairs.metric,
        count(*) as n_pairs,
        count(*) filter (pairs.is_above) as n_above,
        count(*) filter (pairs.median_improvement_score > settings.emergence_threshold) as n_above_by_median,
        median(pairs.n_curves) as curves_per_pair,
        count(*) filter (pairs.twin_of is null) as n_alone,
        count(*) filter (pairs.is_above and pairs.twin_of is null) as n_alone_above,
        count(*) filter (tasks.n_subtasks < 10) as n_of_few_parts,
        count(*) filter (pairs.is_above and tasks.n_subtasks < 10) as n_of_few_parts_above
    from pairs
    inner join tasks on pairs.task = tasks.task
    cross join settings
    where pairs.is_counted
    group by pairs.metric
    having count(*) >= 10
),

of_worlds as (
    select
        metric,
        sum(n_pairs_above) filter (origin = 'nothing emerges')::bigint as n_smooth_above,
        sum(n_pairs) filter (origin = 'nothing emerges')::bigint as n_smooth,
        sum(n_pairs_above) filter (origin = 'every model guesses')::bigint as n_guessing_above,
        sum(n_pairs) filter (origin = 'every model guesses')::bigint as n_guessing
    from simulated_share
    group by metric
)

select
    of_pairs.metric,
    format('{:d} of {:d}', n_above, n_pairs) as pairs_above,
    format(
        '{:.0f} % [{:.0f}, {:.0f}]',
        100 * n_above / n_pairs,
        100 * wilson_interval(n_above / n_pairs, n_pairs::double).low,
        100 * wilson_interval(n_above / n_pairs, n_pairs::double).high
    ) as share_and_95_percent_interval,
    n_above_by_median as above_by_median_curve,
    curves_per_pair as median_number_of_curves,
    format('{:d} of {:d}', n_alone_above, n_alone) as without_twins,
    format('{:d} of {:d}', n_of_few_parts_above, n_of_few_parts) as tasks_of_few_parts,
    case when n_smooth > 0 then format('{:d} of {:d}', n_smooth_above, n_smooth) end as where_nothing_emerges,
    case when n_guessing > 0 then format('{:d} of {:d}', n_guessing_above, n_guessing) end as where_every_model_guesses
from of_pairs
left join of_worlds on of_pairs.metric = of_worlds.metric
order by n_above / n_pairs desc, of_pairs.metric
