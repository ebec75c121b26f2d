-- One row per curve of a metric that is a proportion: its points, and what the break test must know besides.
-- Checkpoints of one run answer alike: their errors are correlated, and the test takes the points of a curve as independent.
-- not_testable is NULL for curves that are tested.
with checkpoints as (
    select model_family
    from models
    where scale_basis in ('training_tokens', 'training_steps')
    group by model_family
),

known as (
    select
        curves.curve_id,
        curves.task,
        curves.subtask,
        curves.shots,
        curves.metric,
        curves.filter,
        curves.model_family,
        curves.entry_kind,
        curves.is_preferred,
        curves.n_scales,
        curves.n_examples,
        curves.n_source,
        curves.n_ambiguous,
        curves.improvement_score,
        curves.straight_line_score,
        curves.status,
        checkpoints.model_family is not null as is_of_checkpoints,
        series.scales,
        series.ys,
        series.models_per_point as n_models,
        coalesce(curves.y_min >= 0 and curves.y_max <= 1, true) as is_share,
        coalesce(notes.no_shares::boolean, false) as no_shares,
        case
            when metrics.chance = '0' then 0
            when metrics.chance = 'given' and series.chance_max - series.chance_min < 1e-9
                and series.chance_min >= 0 and series.chance_max < 1
                then series.chance_min
        end::double as chance
    from curves
    inner join metrics on curves.metric = metrics.metric
    inner join series on curves.curve_id = series.curve_id
    left join reference_task_notes as notes on curves.task = notes.task
    left join checkpoints on curves.model_family = checkpoints.model_family
    where metrics.is_proportion
)

select
    *,
    case
        when entry_kind = 'aggregate' then 'aggregate over subtasks'
        when n_scales < 5 then 'fewer than 5 scales'
        when status = 'flat' then 'flat: no step at all'
        when is_of_checkpoints then 'checkpoints of one run are not independent models'
        when no_shares then 'no shares of right answers (tasks.note)'
        when n_source = 'mixed' then 'number of examples unknown: test sets of different sizes'
        when n_source = 'rounded' then 'number of examples unknown: the scores may be rounded'
        when n_source = 'open' then 'number of examples unknown: too few different shares to tell it'
        when n_examples is null then 'number of examples unknown'
        when chance is null then 'chance rate unknown'
        when not is_share then 'scores outside 0 to 1: no shares of right answers'
    end as not_testable
from known
order by task, subtask, shots, metric, filter, model_family
