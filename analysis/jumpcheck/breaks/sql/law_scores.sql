-- One row per metric, model family and law: how well the law foretells the next score, over curves that are not at chance.
with forecast as (
    select
        forecasts.*,
        breaks.metric,
        breaks.model_family
    from forecasts
    inner join breaks on forecasts.curve_id = breaks.curve_id
    where breaks.verdict <> 'at_chance'
)

select
    forecast.metric,
    forecast.model_family,
    forecast.law,
    count(distinct forecast.curve_id) as n_curves,
    count(distinct best.curve_id) as n_best,
    count(*) as n_forecasts,
    list_avg(list_sort(list(forecast.log_score))) as mean_log_score,
    count(*) filter (not forecast.is_informative) as n_vacuous,
    count(*) filter (forecast.is_informative) as n_informative,
    count(*) filter (forecast.is_informative and forecast.hit) as n_informative_hit
from forecast
left join best_laws as best on forecast.curve_id = best.curve_id and forecast.law = best.law
group by forecast.metric, forecast.model_family, forecast.law
order by forecast.metric, forecast.model_family, mean_log_score desc
