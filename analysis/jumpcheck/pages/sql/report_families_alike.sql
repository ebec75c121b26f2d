-- Two families whose scores are nearly all equal in some task, the most alike first.
select
    model_family,
    other_family,
    n_tasks_alike,
    n_tasks as of_tasks,
    n_equal as equal_scores,
    n_values as of_scores
from families_alike
where n_tasks_alike > 0
order by n_tasks_alike / n_tasks desc, model_family, other_family
