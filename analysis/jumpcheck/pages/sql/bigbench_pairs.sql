-- Every counted pair with its scores: results of this workflow, not the published numbers.
select
    task,
    metric,
    model_family,
    improvement_score,
    median_improvement_score,
    linearity,
    n_scales,
    n_curves,
    is_above,
    jumps,
    twin_of,
    n_curves_tested,
    p,
    q,
    verdict,
    jump_verdict,
    has_decoy
from pairs
where is_counted
order by task, metric, model_family
