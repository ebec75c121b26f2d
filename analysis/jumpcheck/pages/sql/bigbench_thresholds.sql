-- One row per threshold: on how many preferred metrics any pair is above it.
select
    threshold as score_above,
    string_agg(n_metrics_with_any || ' of ' || n_metrics, '') filter (metrics = 'all' and statistic = 'largest')
        as all_metrics_largest_curve,
    string_agg(n_metrics_with_any || ' of ' || n_metrics, '') filter (metrics = 'all' and statistic = 'median')
        as all_metrics_median_curve,
    string_agg(n_metrics_with_any || ' of ' || n_metrics, '') filter (metrics <> 'all' and statistic = 'largest')
        as metrics_of_10_pairs_largest_curve,
    string_agg(n_metrics_with_any || ' of ' || n_metrics, '') filter (metrics <> 'all' and statistic = 'median')
        as metrics_of_10_pairs_median_curve,
    string_agg(n_above || ' of ' || n_pairs, '') filter (metrics = 'all' and statistic = 'largest') as pairs_largest_curve
from emergence_by_threshold
group by threshold
order by threshold
