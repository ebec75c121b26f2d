-- One row per metric name in the results, with its direction, if all tasks that have one agree on it. The direction of
-- a task is what the source gives. Where the source gives none, it is that of reference_preferred_metrics, which knows
-- the tasks that prefer the metric.
with by_task as (
    select
        task,
        metric,
        bool_and(higher_is_better) as all_higher,
        bool_or(higher_is_better) as any_higher
    from published_scores
    group by task, metric
),

known as (
    select
        task,
        preferred_metric as metric,
        bool_and(higher_is_better::boolean) as higher_is_better
    from reference_preferred_metrics
    group by task, preferred_metric
)

select
    by_task.metric,
    case
        when bool_and(coalesce(by_task.all_higher, known.higher_is_better))
            = bool_or(coalesce(by_task.any_higher, known.higher_is_better))
            then bool_or(coalesce(by_task.any_higher, known.higher_is_better))
    end as higher_is_better
from by_task
left join known on by_task.task = known.task and by_task.metric = known.metric
group by by_task.metric
order by by_task.metric
