-- One row per law and whether the curves jump: how often informative intervals hold the next score, with a 95 % Wilson
-- interval, how many say nothing, and how many curves the law foretells best. Curves at chance are left out.
with forecast as (
    select
        forecasts.*,
        breaks.jumps
    from forecasts
    inner join breaks on forecasts.curve_id = breaks.curve_id
    where breaks.verdict <> 'at_chance'
),

counted as (
    select
        forecast.law,
        forecast.jumps,
        count(distinct forecast.curve_id) as n_curves,
        count(distinct best.curve_id) as n_best,
        count(*) as n_forecasts,
        list_avg(list_sort(list(forecast.log_score))) as mean_log_score,
        count(*) filter (forecast.is_informative) as n_informative,
        count(*) filter (forecast.is_informative and forecast.hit) as n_hit,
        count(*) filter (forecast.is_informative and forecast.score > forecast.high) as n_above,
        count(*) filter (forecast.is_informative and forecast.score < forecast.low) as n_below
    from forecast
    left join best_laws as best on forecast.curve_id = best.curve_id and forecast.law = best.law
    group by forecast.law, forecast.jumps
),

shares as (
    select
        *,
        n_hit / nullif(n_informative, 0) as coverage
    from counted
)

select
    *,
    wilson_interval(coverage, nullif(n_informative, 0)::double).low as coverage_low,
    wilson_interval(coverage, nullif(n_informative, 0)::double).high as coverage_high
from shares
order by law, jumps
