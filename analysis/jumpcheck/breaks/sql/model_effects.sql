-- One row per model family, metric and scale: by how much the models of that scale are better than the laws of their family's
-- curves say, in the mean over curves. A model that is good or bad at everything moves all its curves at once.
--   effect = sum of scores / sum of informations, both for a shift of the log loss at this point alone
-- That is one scoring step from the fitted laws, and so the effect is too close to 0.
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
    where measured.curve_id not in (select curve_id from guessing() where is_at_chance)
),

-- Sums of the same numbers in another order differ in the last bit, so they are sorted before.
of_tasks as (
    select
        model_family,
        metric,
        scale,
        task,
        count(*) as n_curves,
        list_sum(list_sort(list(score))) as score,
        list_sum(list_sort(list(information))) as information
    from points
    group by model_family, metric, scale, task
),

of_models as (
    select
        model_family,
        metric,
        scale,
        list_sum(list_sort(list(information))) as information,
        list_sum(list_sort(list(score))) / nullif(list_sum(list_sort(list(information))), 0) as effect
    from of_tasks
    group by model_family, metric, scale
)

select
    of_tasks.model_family,
    of_tasks.metric,
    of_tasks.scale,
    sum(of_tasks.n_curves)::bigint as n_curves,
    count(*) as n_tasks,
    count(*) filter (of_tasks.score > 0) as n_tasks_better,
    any_value(of_models.effect) as effect,
    sqrt(list_sum(list_sort(list((of_tasks.score - of_models.effect * of_tasks.information) ** 2))))
    / nullif(any_value(of_models.information), 0) as standard_error
from of_tasks
inner join of_models
    on of_tasks.model_family = of_models.model_family and of_tasks.metric = of_models.metric and of_tasks.scale = of_models.scale
group by of_tasks.model_family, of_tasks.metric, of_tasks.scale
having count(*) >= 5
order by of_tasks.model_family, of_tasks.metric, of_tasks.scale
