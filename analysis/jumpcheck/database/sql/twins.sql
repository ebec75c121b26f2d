-- One row per task and two model families with models of the same name and scale: how many of their scores are equal. Families
-- that differ in how answers were drawn (BIG-G T=0 and T=1) share all that is not generated text: no independent evidence.
with numbered as (
    -- What models of several families have in common: a name and a scale.
    select
        model_family,
        model,
        dense_rank() over (order by model, scale) as number
    from models
    where scale is not null
    qualify count(*) over (partition by model, scale) > 1
),

shared as materialized (
    -- By numbers: joined by the texts of their keys these rows take twice the memory and the time.
    select
        scores.curve_id,
        numbered.number,
        scores.score
    from scores
    inner join numbered on scores.model_family = numbered.model_family and scores.model = numbered.model
    where scores.entry_kind <> 'aggregate'
),

keys as materialized (
    select
        curve_id,
        any_value(task) as task,
        any_value(subtask) as subtask,
        any_value(shots) as shots,
        any_value(metric) as metric,
        any_value(filter) as filter,
        any_value(model_family) as model_family
    from scores
    where entry_kind <> 'aggregate' and model_family in (select model_family from numbered)
    group by curve_id
),

curves_alike as materialized (
    select
        one.task,
        one.model_family,
        other.model_family as other_family,
        one.curve_id,
        other.curve_id as other_curve_id
    from keys as one
    inner join keys as other
        on one.task = other.task
        and one.subtask = other.subtask
        and one.shots is not distinct from other.shots
        and one.metric = other.metric
        and one.filter = other.filter
        and one.model_family < other.model_family
)

select
    curves_alike.task,
    curves_alike.model_family,
    curves_alike.other_family,
    count(*) as n_values,
    count(*) filter (one.score = other.score) as n_equal,
    n_equal >= 0.9 * n_values as is_twin
from curves_alike
inner join shared as one on curves_alike.curve_id = one.curve_id
inner join shared as other on curves_alike.other_curve_id = other.curve_id and one.number = other.number
group by curves_alike.task, curves_alike.model_family, curves_alike.other_family
order by curves_alike.task, curves_alike.model_family, curves_alike.other_family
