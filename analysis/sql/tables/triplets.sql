-- One row per task, metric and model family: its most emergent curve, and the median over its curves beside it.
select *
from best_curves(false)
order by task, metric, model_family
