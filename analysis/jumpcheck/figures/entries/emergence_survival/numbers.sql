-- One row per model family, metric and improvement score: the share of curves of at least 5 scales that score at least
-- that much. Flat curves are in the denominator. A family or metric without such curves has one row, with n_left_out.
with totals as (
    select
        model_family,
        metric,
        count(*) filter (is_counted) as n_curves,
        count(*) filter (not is_counted) as n_left_out
    from curves
    where entry_kind <> 'aggregate' and metric <> 'normalized_aggregate_score'
    group by all
),

scores as (
    select
        model_family,
        metric,
        improvement_score,
        count(*) as n_curves_here
    from curves
    where is_counted and improvement_score is not null
    group by all
)

select
    totals.model_family,
    totals.metric,
    scores.improvement_score,
    sum(scores.n_curves_here) over (
        partition by totals.model_family, totals.metric
        order by scores.improvement_score desc
    )::bigint as n_at_least,
    totals.n_curves,
    totals.n_left_out,
    n_at_least / totals.n_curves as survival,
    metrics.higher_is_better is not null as direction_known
from totals
left join metrics on totals.metric = metrics.metric
left join scores on totals.model_family = scores.model_family and totals.metric = scores.metric
order by totals.model_family, totals.metric, scores.improvement_score
