-- One row per metric, whether its curves jump, and verdict: the number of curves. The 6 metrics with most tested
-- curves have rows of their own; all other metrics are counted together.
with tested as (
    select
        metric,
        jumps,
        verdict,
        count(*) over (partition by metric) as n_of_metric
    from breaks
    where verdict <> 'not_testable'
),

named as (
    select
        if(dense_rank() over (order by n_of_metric desc, metric) <= 6, metric, 'other metrics') as metric,
        jumps,
        verdict
    from tested
)

select
    metric,
    jumps,
    verdict,
    count(*) as n_curves,
    (select count(*) from breaks where verdict = 'not_testable' and jumps) as n_jumps_not_testable
from named
group by metric, jumps, verdict
order by metric = 'other metrics', metric, jumps desc, verdict
