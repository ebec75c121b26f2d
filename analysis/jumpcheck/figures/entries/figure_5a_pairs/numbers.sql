-- One row per task and model family: what figure 5A draws for the preferred metrics.
select
    coalesce(pairs.metric, '(none named)') as metric,
    pairs.task,
    pairs.model_family,
    pairs.curve_id,
    pairs.n_scales,
    pairs.n_curves,
    pairs.improvement_score as largest,
    pairs.median_improvement_score as median,
    pairs.status,
    pairs.is_counted,
    pairs.is_above,
    metrics.higher_is_better is not null as direction_known
from pairs
left join metrics on pairs.metric = metrics.metric
order by pairs.metric, pairs.task, pairs.model_family
