-- The same outputs under two metrics: curves of a percent-correct metric beside those of a continuous one.
select
    sharp_metric as percent_correct_metric,
    smooth_metric as continuous_metric,
    count(distinct (task, model_family)) as tasks_and_families,
    count(*) as pairs_of_curves,
    count(*) filter (
        sharp_score > settings.emergence_threshold and coalesce(smooth_score <= settings.emergence_threshold, true)
    ) as above_on_the_first_alone,
    count(*) filter (
        sharp_score > settings.emergence_threshold and smooth_score > settings.emergence_threshold
    ) as above_on_both,
    count(*) filter (
        smooth_score > settings.emergence_threshold and coalesce(sharp_score <= settings.emergence_threshold, true)
    ) as above_on_the_second_alone
from metric_swap
cross join settings
group by all
order by pairs_of_curves desc, percent_correct_metric, continuous_metric
