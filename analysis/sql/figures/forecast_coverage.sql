-- One row per metric, number of held-out scales, and whether the curves jump: how often the 90 % interval holds the score at
-- the largest scale, with a 95 % Wilson interval, and how wide it is.
with forecasts as (
    select
        metric,
        improvement_score > settings.emergence_threshold as jumps,
        unnest([
            {'held_out': 1, 'low': forecast_low, 'high': forecast_high, 'hit': forecast_hit, 'status': forecast_status},
            {
                'held_out': 2,
                'low': forecast_far_low,
                'high': forecast_far_high,
                'hit': forecast_far_hit,
                'status': forecast_far_status
            }
        ]) as forecast
    from mirage
    cross join settings
    where verdict <> 'not_testable'
),

counted as (
    select
        metric,
        jumps,
        forecast.held_out as n_held_out,
        count(*) as n_curves,
        count(*) filter (forecast.status <> 'ok') as n_not_predictable,
        count(*) filter (forecast.status = 'ok') as n_predicted,
        count(*) filter (forecast.status = 'ok' and forecast.hit) as n_hit,
        median(forecast.high - forecast.low) filter (forecast.status = 'ok') as median_width
    from forecasts
    group by all
),

shares as (
    select
        *,
        nullif(n_predicted, 0)::double as n,
        n_hit / nullif(n_predicted, 0) as coverage
    from counted
)

select
    metric,
    jumps,
    n_held_out,
    n_curves,
    n_not_predictable,
    n_predicted,
    n_hit,
    coverage,
    wilson_interval(coverage, n).low as coverage_low,
    wilson_interval(coverage, n).high as coverage_high,
    median_width
from shares
order by metric, jumps desc, n_held_out
