-- One row per point of a curve of the explorer: the number of the curve, the place of the scale in its family, the score, how many
-- models it is the mean of, and its standard error where the source gives one for each of them.
with numbered as (
    select
        row_number() over (order by task, model_family, shots, subtask, metric, filter) - 1 as curve,
        curve_id,
        model_family
    from curves
    where n_scales >= (select min_scales from settings)
),

places as (
    select
        model_family,
        scale,
        row_number() over (partition by model_family order by scale) - 1 as place
    from (select distinct model_family, scale from models where scale is not null)
),

errors as (
    select
        scores.curve_id,
        models.scale,
        sqrt(sum(scores.stderr * scores.stderr)) / count(*) as stderr
    from scores
    inner join models on scores.model_family = models.model_family and scores.model = models.model
    where models.scale is not null
    group by scores.curve_id, models.scale
    having count(scores.stderr) = count(*)
)

select
    numbered.curve,
    places.place,
    points.score,
    points.n_models,
    errors.stderr
from points
inner join numbered on points.curve_id = numbered.curve_id
inner join places on numbered.model_family = places.model_family and points.scale = places.scale
left join errors on points.curve_id = errors.curve_id and points.scale = errors.scale
order by numbered.curve, places.place
