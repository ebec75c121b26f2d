-- The view emergence_share: one row per model family and metric, the share of counted curves above the threshold.
select *
from emergence_share
order by model_family, metric
