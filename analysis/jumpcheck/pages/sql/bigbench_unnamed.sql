-- Tasks of which no source names the metric of every part.
select
    task,
    count(*) as curves,
    count(*) filter (emergence_score = 'infinity'::double) as curves_of_infinite_score,
    max(y_max) as highest_score
from curves
where starts_with(metric, 'unnamed:')
group by task
order by curves desc, task
