-- One row per model family and metric: its pairs (task and family, of curves whose part prefers the metric), and how many of them
-- have a counted curve above the threshold.
with pairs as (
    select
        task,
        metric,
        model_family,
        bool_or(is_above) as is_above
    from curves
    where is_counted and is_preferred
    group by task, metric, model_family
)

select
    model_family,
    metric,
    count(*) as n_pairs,
    count(*) filter (is_above) as n_pairs_above
from pairs
group by model_family, metric
order by model_family, metric
