-- Model families and their scales.
select
    model_family,
    count(*) as n_models,
    count(distinct scale) as n_scales,
    min(scale) as smallest,
    max(scale) as largest
from models
group by model_family
order by model_family
