-- One row per model family of the explorer: its distinct scales, and what they are.
select
    model_family,
    list(distinct scale order by scale) filter (scale is not null) as scales,
    list(distinct scale_basis order by scale_basis) filter (scale is not null) as bases
from models
group by model_family
order by model_family
