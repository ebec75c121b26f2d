-- Models that are better or worse than their family's laws on most tasks: effects of at least 3 standard errors.
with named as (
    select
        model_family,
        scale,
        string_agg(model, ', ' order by model) as model
    from models
    group by model_family, scale
)

select
    model_effects.model_family,
    named.model,
    model_effects.metric,
    model_effects.n_tasks_better || ' of ' || model_effects.n_tasks as better_on_tasks,
    format('{:+.2f}', model_effects.effect) as log_loss_lower_by,
    format('{:.2f}', model_effects.standard_error) as standard_error,
    format('{:+.2f}', model_effects.taken_out) as taken_out
from model_effects
inner join named on model_effects.model_family = named.model_family and model_effects.scale = named.scale
where abs(model_effects.effect) > 3 * model_effects.standard_error
order by abs(model_effects.effect) / model_effects.standard_error desc, model_effects.model_family, model_effects.metric
limit 15
