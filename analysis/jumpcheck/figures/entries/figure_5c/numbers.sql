-- One row per group of preferred metrics: its share of the tasks that Wei et al. 2022 label emergent, with a 95 % Wilson
-- interval.
with counted as (
    select
        case
            when reference_preferred_metrics.preferred_metric in ('multiple_choice_grade', 'exact_str_match')
                then reference_preferred_metrics.preferred_metric
            else 'all others'
        end as metric,
        count(*) as n_emergent_tasks
    from annotations
    inner join reference_preferred_metrics
        on annotations.task = reference_preferred_metrics.task and reference_preferred_metrics.subtask is null
    where annotations.label = 'emergent'
    group by all
),

shares as (
    select
        *,
        sum(n_emergent_tasks) over ()::double as n,
        n_emergent_tasks / sum(n_emergent_tasks) over () as share
    from counted
)

select
    metric,
    n_emergent_tasks,
    n::integer as n,
    share,
    wilson_interval(share, n).low as share_low,
    wilson_interval(share, n).high as share_high
from shares
order by metric = 'all others', n_emergent_tasks desc
