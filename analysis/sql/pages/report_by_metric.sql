-- Metrics, those with most curves above the threshold first.
select
    metric,
    n_curves,
    n_above,
    round(100 * share_above, 1) as percent_above,
    n_infinite,
    n_triplets_displaying as triplets_displaying,
    n_tested,
    n_unexplained,
    n_steep,
    n_resolution,
    n_mirage
from by_metric
order by n_above desc, n_curves desc, metric
