-- One row per curve that is not at chance and has forecasts: the law that foretells it best, by the sum of its log scores.
with of_curves as (
    select
        forecasts.curve_id,
        forecasts.law,
        list_sum(list_sort(list(forecasts.log_score))) as log_score
    from forecasts
    inner join breaks on forecasts.curve_id = breaks.curve_id
    where breaks.verdict <> 'at_chance'
    group by forecasts.curve_id, forecasts.law
)

select
    curve_id,
    law
from of_curves
qualify row_number() over (partition by curve_id order by log_score desc, law) = 1
