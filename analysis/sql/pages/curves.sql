-- One row per curve of the explorer, numbered in order.
select
    row_number() over (
        order by curves.task, curves.model_family, curves.shots, curves.subtask, curves.metric, curves.filter
    ) - 1 as curve,
    curves.task,
    curves.subtask,
    curves.shots,
    curves.metric,
    curves.filter,
    curves.model_family,
    curves.entry_kind,
    curves.status,
    curves.improvement_score,
    curves.n_scales,
    coalesce(triplets.curve_id is not null and curves.entry_kind <> 'aggregate', false) as is_of_triplet,
    mirage.n_examples,
    mirage.chance,
    mirage.slope,
    mirage.intercept,
    mirage.p_smooth,
    mirage.q_smooth,
    mirage.q_sharp,
    mirage.verdict,
    mirage.reason
from curves
left join mirage on curves.curve_id = mirage.curve_id
left join triplets on curves.curve_id = triplets.curve_id
order by curve
