-- One row per model family and metric: its pairs (task and family, of curves whose part prefers the metric), and how many of them
-- have a counted curve above the threshold.
with pairs as (
    select
        curves.task,
        curves.metric,
        curves.model_family,
        coalesce(bool_or(curves.improvement_score > settings.emergence_threshold), false) as is_above
    from curves
    cross join settings
    where curves.is_counted and curves.is_preferred
    group by curves.task, curves.metric, curves.model_family
)

select
    model_family,
    metric,
    count(*) as n_pairs,
    count(*) filter (is_above) as n_pairs_above
from pairs
group by model_family, metric
order by model_family, metric
