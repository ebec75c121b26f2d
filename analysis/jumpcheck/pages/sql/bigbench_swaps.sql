-- The same outputs under two metrics: curves of a percent-correct metric beside those of a continuous one.
select
    sharp_metric as percent_correct_metric,
    smooth_metric as continuous_metric,
    count(distinct (task, model_family)) as tasks_and_families,
    count(*) as curves,
    count(*) filter (sharp_score > settings.emergence_threshold) as above_on_the_first,
    count(*) filter (
        sharp_score > settings.emergence_threshold and smooth_score > settings.emergence_threshold
    ) as of_these_above_on_the_second
from metric_swap
cross join settings
group by all
order by curves desc, percent_correct_metric, continuous_metric
