-- On how many preferred metrics any pair is above a threshold; where the claim can be asked.
select
    metrics,
    statistic || ' curve' as of_a_pair,
    threshold,
    n_metrics_with_any as metrics_above,
    n_metrics as of_metrics,
    n_above as pairs_above,
    n_pairs as of_pairs
from emergence_by_threshold
where (select is_asked from claims where number = 1)
order by metrics, statistic, threshold
