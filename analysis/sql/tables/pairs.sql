-- One row per task and model family: the triplet of the task's preferred metric.
with seen as (select distinct task, model_family from curves)

select
    seen.task,
    seen.model_family,
    tasks.preferred_metric as metric,
    triplets.emergence_score,
    triplets.improvement_score,
    triplets.linearity,
    triplets.sharpness,
    triplets.direction,
    triplets.n_scales,
    triplets.curve_id,
    triplets.curve_subtask,
    triplets.curve_shots,
    triplets.curve_filter,
    coalesce(triplets.n_curves, 0) as n_curves,
    coalesce(triplets.n_scored_curves, 0) as n_scored_curves,
    triplets.median_improvement_score,
    coalesce(triplets.displays_emergence, false) as displays_emergence,
    triplets.is_preferred,
    coalesce(triplets.status, 'not_published') as status
from seen
inner join tasks on seen.task = tasks.task
left join triplets
    on seen.task = triplets.task
    and seen.model_family = triplets.model_family
    and tasks.preferred_metric = triplets.metric
order by seen.task, seen.model_family
