-- One row per point of a curve, as figures draw it, with the 95 % interval of its test set.
with bases as (
    select
        model_family,
        scale,
        min(scale_basis) as scale_basis
    from models
    group by all
)

select
    points.curve_id,
    points.scale,
    bases.scale_basis,
    points.score,
    points.n_models,
    points.n_models * curves.n_examples as n_examples,
    wilson_interval(points.score, (points.n_models * curves.n_examples)::double).low as score_low,
    wilson_interval(points.score, (points.n_models * curves.n_examples)::double).high as score_high
from points
inner join curves on points.curve_id = curves.curve_id
left join bases on curves.model_family = bases.model_family and points.scale = bases.scale
order by points.curve_id, points.scale
