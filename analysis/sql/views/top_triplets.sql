-- The triplets that display emergence, the largest first, each with the verdict on the curve that its score is from.
select
    triplets.task,
    triplets.metric,
    triplets.model_family,
    triplets.improvement_score,
    triplets.median_improvement_score,
    triplets.n_curves,
    triplets.curve_subtask,
    triplets.curve_shots,
    triplets.curve_filter,
    triplets.n_scales,
    mirage.n_examples,
    mirage.verdict,
    mirage.reason
from triplets
left join mirage on triplets.curve_id = mirage.curve_id
where triplets.displays_emergence
order by triplets.improvement_score desc, triplets.task, triplets.metric, triplets.model_family
