-- One row per preferred metric of at least 10 pairs: its pairs, and beside their share that of curves, here and in two simulated
-- worlds: one in which nothing emerges, and one in which every model guesses. Curves of tasks of fewer than 10 parts, as there.
with of_pairs as (
    select
        metric,
        count(*) as n_pairs,
        count(*) filter (displays_emergence) as n_displaying,
        count(*) filter (twin_of is null) as n_pairs_alone,
        count(*) filter (displays_emergence and twin_of is null) as n_displaying_alone
    from pairs
    where is_counted
    group by metric
    having count(*) >= 10
),

of_curves as (
    select
        curves.metric,
        count(*) as n_curves,
        count(*) filter (curves.improvement_score > settings.emergence_threshold) as n_above
    from curves
    inner join tasks on curves.task = tasks.task and tasks.n_subtasks < 10
    cross join settings
    where curves.is_counted
    group by curves.metric
),

of_worlds as (
    select
        metric,
        sum(n_above) filter (origin = 'nothing emerges') as n_smooth_above,
        sum(n_curves) filter (origin = 'nothing emerges') as n_smooth,
        sum(n_above) filter (origin = 'every model guesses') as n_guessing_above,
        sum(n_curves) filter (origin = 'every model guesses') as n_guessing
    from simulated_share
    group by metric
)

select
    of_pairs.metric,
    format('{:d} of {:d}', n_displaying, n_pairs) as pairs_above,
    format(
        '{:.0f} % [{:.0f}, {:.0f}]',
        100 * n_displaying / n_pairs,
        100 * wilson_interval(n_displaying / n_pairs, n_pairs::double).low,
        100 * wilson_interval(n_displaying / n_pairs, n_pairs::double).high
    ) as share_and_95_percent_interval,
    format('{:d} of {:d}', n_displaying_alone, n_pairs_alone) as without_twins,
    format('{:.1f} %', 100 * n_above / n_curves) as share_of_curves,
    case when n_smooth > 0 then format('{:.1f} %', 100 * n_smooth_above / n_smooth) end as where_nothing_emerges,
    case when n_guessing > 0 then format('{:.1f} %', 100 * n_guessing_above / n_guessing) end as where_every_model_guesses
from of_pairs
left join of_curves on of_pairs.metric = of_curves.metric
left join of_worlds on of_pairs.metric = of_worlds.metric
order by n_displaying / n_pairs desc, of_pairs.metric
