-- One row per two model families with models of the same names: in how many tasks at least 90 % of their scores are equal.
select
    model_family,
    other_family,
    count(*) as n_tasks,
    count(*) filter (is_twin) as n_tasks_alike,
    sum(n_values)::bigint as n_values,
    sum(n_equal)::bigint as n_equal
from twins
group by model_family, other_family
order by n_tasks_alike / n_tasks desc, model_family, other_family
