-- One row per model family, metric and scale: by how much the models of that scale are better than the laws of their family's
-- curves say, in the mean over curves. A model that is good or bad at everything moves all its curves at once.
--   effect = sum of scores / sum of informations of a shift of the log loss at this point alone (a score step, towards 0)
-- Its standard error takes tasks as independent, and not curves.
with points as (
    select
        trials.model_family,
        trials.metric,
        trials.task,
        unnest(trials.scales) as scale,
        unnest(measured.point_scores) as score,
        unnest(measured.point_informations) as information
    from measured
    inner join trials on measured.curve_id = trials.curve_id
    where not measured.is_at_chance
),

of_tasks as (
    select
        model_family,
        metric,
        scale,
        task,
        count(*) as n_curves,
        sum(score) as score,
        sum(information) as information
    from points
    group by model_family, metric, scale, task
),

effects as (
    select
        *,
        sum(score) over (partition by model_family, metric, scale)
        / nullif(sum(information) over (partition by model_family, metric, scale), 0) as effect
    from of_tasks
)

select
    model_family,
    metric,
    scale,
    sum(n_curves)::bigint as n_curves,
    count(*) as n_tasks,
    count(*) filter (score > 0) as n_tasks_better,
    any_value(effect) as effect,
    sqrt(sum((score - effect * information) ** 2)) / nullif(sum(information), 0) as standard_error
from effects
group by model_family, metric, scale
having count(*) >= 5
order by model_family, metric, scale
