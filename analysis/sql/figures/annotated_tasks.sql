-- One row per hand-annotated task in the data and model family: the label, and the verdict on the curve of its preferred
-- metric that jumps most. Verdict NULL: the preferred metric is no proportion.
select
    pairs.task,
    annotations.label,
    annotations.first_model_family,
    annotations.first_model_size,
    pairs.model_family,
    pairs.metric,
    pairs.curve_subtask as subtask,
    pairs.curve_shots as shots,
    pairs.curve_filter as filter,
    pairs.n_scales,
    pairs.improvement_score,
    mirage.verdict,
    mirage.reason,
    mirage.n_examples,
    mirage.slope,
    mirage.slope_low,
    mirage.slope_high,
    mirage.p_smooth,
    mirage.q_smooth,
    mirage.p_sharp,
    mirage.q_sharp,
    mirage.forecast_low,
    mirage.forecast_high,
    mirage.forecast_hit
from pairs
inner join annotations on pairs.task = annotations.task
left join mirage on pairs.curve_id = mirage.curve_id
order by annotations.label, pairs.task, pairs.model_family
