-- One row per origin (this dataset, or a simulated world in which nothing emerges or every model guesses), model family and
-- metric: the share of curves above the threshold, as in emergence_share.
select
    'this dataset' as origin,
    model_family,
    metric,
    n_curves,
    n_above,
    share,
    share_low,
    share_high
from emergence_share
where n_curves > 0
union all
select
    origin,
    model_family,
    metric,
    n_curves,
    n_above,
    share,
    share_low,
    share_high
from simulated_share
where n_curves > 0
order by model_family, metric, origin
