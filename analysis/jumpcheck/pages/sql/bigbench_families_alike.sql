-- Families with models of the same name and scale, and in how many tasks their scores are nearly all equal.
select
    model_family,
    other_family,
    format('{:d} of {:d}', n_tasks_alike, n_tasks) as tasks_with_90_percent_equal,
    format('{:.0f} %', 100 * n_equal / n_values) as equal_scores
from families_alike
order by n_tasks_alike / n_tasks desc, model_family, other_family
