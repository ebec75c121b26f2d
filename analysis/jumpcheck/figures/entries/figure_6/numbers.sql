-- One row per point of the curves of figure 6: for the six tasks that jump most on multiple-choice grade, that curve and the
-- one of a Brier score of the same answers (same task, subtask, shots, filter and model family).
with sharp as (
    select * from curves
    where metric = 'multiple_choice_grade' and is_counted and improvement_score > 0
),

smooth as (
    select * from curves
    where metric ilike '%brier%' and entry_kind <> 'aggregate'
    qualify row_number() over (partition by task, subtask, shots, filter, model_family order by metric) = 1
),

chosen as (
    select
        sharp.task,
        sharp.subtask,
        sharp.shots,
        sharp.model_family,
        sharp.curve_id as sharp_curve_id,
        smooth.curve_id as smooth_curve_id,
        sharp.metric as sharp_metric,
        smooth.metric as smooth_metric,
        sharp.improvement_score as sharp_score,
        -- A Brier score is better when lower, whether or not the reference table knows its name.
        -smooth.emergence_score as smooth_score,
        sharp.y_max - sharp.y_min as extent
    from sharp
    inner join smooth
        on sharp.task = smooth.task
        and sharp.subtask = smooth.subtask
        and sharp.shots is not distinct from smooth.shots
        and sharp.filter = smooth.filter
        and sharp.model_family = smooth.model_family
    qualify row_number() over (partition by sharp.task order by sharp.improvement_score desc, extent desc, sharp.subtask,
        sharp.shots, sharp.filter, sharp.model_family) = 1
),

ranked as (
    select
        *,
        row_number() over (order by sharp_score desc, extent desc, task) as place,
        count(*) over () as n_tasks
    from chosen
    qualify place <= 6
),

drawn as (
    select
        place, n_tasks, task, subtask, shots, model_family,
        sharp_metric as metric, true as is_sharp, sharp_score as improvement_score, sharp_curve_id as curve_id
    from ranked
    union all
    select
        place, n_tasks, task, subtask, shots, model_family,
        smooth_metric as metric, false as is_sharp, smooth_score as improvement_score, smooth_curve_id as curve_id
    from ranked
)

select
    drawn.*,
    points.scale,
    points.scale_basis,
    points.score,
    points.n_examples,
    points.score_low,
    points.score_high
from drawn
inner join point_intervals as points on drawn.curve_id = points.curve_id
order by drawn.place, drawn.is_sharp desc, points.scale
