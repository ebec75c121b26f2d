-- One row per task, preferred metric and model family: what figure 5A draws. `largest` and `median` are improvement_score and
-- median_improvement_score of the table pairs; the curve is that of the largest score.
select
    coalesce(pairs.metric, '(none named)') as metric,
    pairs.task,
    pairs.model_family,
    pairs.curve_id,
    pairs.curve_subtask,
    pairs.curve_shots,
    pairs.curve_filter,
    pairs.n_scales,
    pairs.n_curves,
    pairs.improvement_score as largest,
    pairs.median_improvement_score as median,
    pairs.status,
    pairs.is_counted,
    pairs.is_above,
    pairs.jumps,
    metrics.higher_is_better is not null as direction_known
from pairs
left join metrics on pairs.metric = metrics.metric
order by pairs.metric, pairs.task, pairs.model_family
