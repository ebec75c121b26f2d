-- The curves that jump where a break is ruled out, and whose jump comes from the metric, the size of the test set or ties.
select
    curve_id,
    task,
    subtask,
    shots,
    metric,
    filter,
    model_family,
    n_scales,
    n_examples,
    improvement_score,
    score_low,
    score_high,
    score_without_ties,
    score_noise_free,
    n_resolve,
    break_size_high,
    source_of_jump
from breaks
where verdict = 'smooth' and source_of_jump is not null
order by improvement_score desc, task, subtask, shots, metric, filter, model_family
