-- The triplets that jump, the largest first, each with its verdict, and what is said of the curve that its
-- score is from.
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
    breaks.n_examples,
    triplets.q,
    triplets.q_jumping,
    triplets.verdict,
    breaks.verdict as curve_verdict,
    breaks.source_of_jump as curve_source_of_jump,
    breaks.reason as curve_reason
from triplets
left join breaks on triplets.curve_id = breaks.curve_id
where triplets.jumps
order by triplets.improvement_score desc, triplets.task, triplets.metric, triplets.model_family
