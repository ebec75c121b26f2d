-- One row per simulated curve: what it was made from.
select
    curve_id,
    task,
    subtask,
    shots,
    metric,
    filter,
    model_family,
    alpha,
    c,
    "L",
    g,
    n_examples,
    rho,
    break_scale,
    break_size
from published_truth
order by task, subtask, shots, metric, filter, model_family
