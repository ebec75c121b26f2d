-- One row per threshold, statistic of a pair and choice of metrics: on how many of the preferred metrics any pair is above the
-- threshold. The paper says "at most 5 of 39" and names no threshold. Counted pairs (pairs.is_counted).
with thresholds as (select unnest([10, 20, 50, 100, 'infinity'::double]) as threshold),

scored as (
    select
        metric,
        count(*) over (partition by metric) as n_of_metric,
        unnest(['largest', 'median']) as statistic,
        unnest([improvement_score, median_improvement_score]) as score
    from pairs
    where is_counted
),

chosen as (
    select
        'all' as metrics,
        *
    from scored
    union all
    select
        'of at least 10 pairs' as metrics,
        *
    from scored
    where n_of_metric >= 10
)

select
    thresholds.threshold,
    chosen.statistic,
    chosen.metrics,
    count(distinct chosen.metric) as n_metrics,
    count(distinct chosen.metric) filter (
        chosen.score > thresholds.threshold or chosen.score = 'infinity'::double
    ) as n_metrics_with_any,
    count(*) as n_pairs,
    count(*) filter (chosen.score > thresholds.threshold or chosen.score = 'infinity'::double) as n_above
from chosen
cross join thresholds
group by thresholds.threshold, chosen.statistic, chosen.metrics
order by chosen.metrics, chosen.statistic, thresholds.threshold
