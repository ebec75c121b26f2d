-- One row per task, metric and model family: what figure 5A draws for all metrics.
select
    triplets.metric,
    triplets.task,
    triplets.model_family,
    triplets.curve_id,
    triplets.curve_subtask,
    triplets.curve_shots,
    triplets.curve_filter,
    triplets.n_scales,
    triplets.n_curves,
    triplets.improvement_score as largest,
    triplets.median_improvement_score as median,
    triplets.status,
    triplets.is_counted,
    triplets.is_above,
    triplets.jumps,
    metrics.higher_is_better is not null as direction_known
from triplets
left join metrics on triplets.metric = metrics.metric
where triplets.metric <> 'normalized_aggregate_score'
order by triplets.metric, triplets.task, triplets.model_family
