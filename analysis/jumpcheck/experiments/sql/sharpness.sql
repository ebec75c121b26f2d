-- One row per curve: how sharp it is, and the share of its scores that are above zero.
select
    curves.task,
    curves.subtask,
    curves.model_family,
    curves.metric,
    curves.sharpness,
    curves.improvement_score,
    curves.n_scales,
    curves.n_examples,
    avg((scores.score > 0)::integer) as share_above_zero
from curves
inner join scores on curves.curve_id = scores.curve_id
group by all
order by curves.task, curves.subtask, curves.model_family, curves.metric
