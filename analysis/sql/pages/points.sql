-- One row per point of a curve of the explorer: the number of the curve, the place of the scale in its family, the score.
with numbered as (
    select
        row_number() over (order by task, model_family, shots, subtask, metric, filter) - 1 as curve,
        curve_id,
        model_family
    from curves
),

places as (
    select
        model_family,
        scale,
        row_number() over (partition by model_family order by scale) - 1 as place
    from (select distinct model_family, scale from models where scale is not null)
)

select
    numbered.curve,
    places.place,
    points.score
from points
inner join numbered on points.curve_id = numbered.curve_id
inner join places on numbered.model_family = places.model_family and points.scale = places.scale
order by numbered.curve, places.place
