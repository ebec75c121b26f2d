-- One row per task, subtask, shots, metric and model family: its scaling curve and how suddenly it rises.
--   I(y)            = sign(argmax y - argmin y) * (max y - min y)
--   emergence_score = I(y) / sqrt(median(step^2))        linearity = I(y) / sqrt(mean(step^2))
-- Means of the same numbers in another order differ in the last bit: what is closer than 1e-12 of the largest |score|
-- of the curve is equal, both for a step and for ties of the extremes, which go to the smaller scale.
with places as (
    -- The place of every model among the scales of its family, found once and not once per curve.
    select
        model_family,
        model,
        dense_rank() over (partition by model_family order by scale)::usmallint as place,
        count(*) over (partition by model_family, scale) > 1 as shares_scale
    from models
    where scale is not null
),

numbers as (
    select
        scores.task,
        scores.subtask,
        scores.shots,
        scores.metric,
        scores.model_family,
        scores.score,
        scores.entry_kind,
        scores.is_preferred,
        places.place,
        coalesce(places.shares_scale, false) as shares_scale
    from scores
    left join places on scores.model_family = places.model_family and scores.model = places.model
    where isfinite(scores.score)
),

points as (
    select
        * exclude (shares_scale),
        1 as n_models
    from numbers
    where not shares_scale
    union all
    -- Models at one scale are averaged; the order gives the mean the same bits in every run.
    select
        task,
        subtask,
        shots,
        metric,
        model_family,
        avg(score order by score) as score,
        any_value(entry_kind) as entry_kind,
        bool_or(is_preferred) as is_preferred,
        place,
        count(*)::integer as n_models
    from numbers
    where shares_scale
    group by task, subtask, shots, metric, model_family, place
),

series as (
    select
        task,
        subtask,
        shots,
        metric,
        model_family,
        any_value(entry_kind) as entry_kind,
        bool_or(is_preferred) as is_preferred,
        coalesce(list(score order by place) filter (place is not null), []) as ys,
        coalesce(sum(n_models) filter (place is not null), 0)::bigint as n_models,
        count(*) filter (place is null) as n_without_scale
    from points
    group by all
),

ranges as (
    select
        *,
        list_max(ys) as y_max,
        list_min(ys) as y_min,
        1e-12 * greatest(abs(list_max(ys)), abs(list_min(ys))) as tolerance,
        list_transform(ys[2:], lambda y, i: y - ys[i]) as steps
    from series
),

shapes as (
    select
        *,
        list_position(list_transform(ys, lambda y: y = y_max or y_max - y < tolerance), true)
        - list_position(list_transform(ys, lambda y: y = y_min or y - y_min < tolerance), true) as max_after_min,
        -- In units of the range, so that no square is too small for double precision.
        list_transform(steps, lambda s: if(abs(s) < tolerance, 0, (s / (y_max - y_min)) ** 2)) as squared_steps
    from ranges
),

statuses as (
    select
        *,
        case
            when len(ys) < 3 then 'too_few_scales'
            when max_after_min = 0 then 'flat'
            when list_median(squared_steps) = 0 then 'infinite'
            else 'ok'
        end as status
    from shapes
),

scored as (
    select
        *,
        case when status in ('ok', 'infinite') then sign(max_after_min) / sqrt(list_median(squared_steps)) end
            as emergence_score,
        case when status in ('ok', 'infinite') then sign(max_after_min) / sqrt(list_avg(squared_steps)) end as linearity
    from statuses
)

select
    scored.task,
    scored.subtask,
    scored.shots,
    scored.metric,
    scored.model_family,
    scored.entry_kind,
    len(scored.ys)::integer as n_scales,
    scored.n_models,
    scored.n_without_scale,
    scored.is_preferred,
    scored.y_min,
    scored.y_max,
    scored.emergence_score,
    if(metrics.higher_is_better is false, -1, 1) * scored.emergence_score as improvement_score,
    scored.linearity,
    abs(scored.emergence_score) / (len(scored.ys) - 1) as sharpness,
    if(metrics.higher_is_better is false, -1, 1)::tinyint as direction,
    scored.status,
    1 / examples.n_examples as resolution,
    examples.n_examples,
    examples.n_source,
    examples.n_ambiguous
from scored
left join metrics on scored.metric = metrics.metric
left join examples
    on scored.task = examples.task
    and scored.subtask = examples.subtask
    and scored.model_family = examples.model_family
    and metrics.is_proportion
    and scored.entry_kind <> 'aggregate'
order by scored.task, scored.subtask, scored.shots, scored.metric, scored.model_family
