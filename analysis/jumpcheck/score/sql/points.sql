-- One row per point of a curve: what is drawn, fitted and scored.
select
    curve_id,
    unnest(scales) as scale,
    unnest(ys) as score,
    unnest(models_per_point) as n_models
from series
