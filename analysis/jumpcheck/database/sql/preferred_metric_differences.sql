-- Tasks and parts of which entries prefer another metric than reference_preferred_metrics names. A metric that is named for a part
-- counts before that of its task, which says nothing of averages of the parts.
with published as (
    select
        task,
        regexp_replace(subtask, ' #\d+$', '') as subtask,
        entry_kind = 'aggregate' as is_aggregate,
        metric,
        count(*) as n_scores
    from scores
    where is_preferred
    group by all
)

select
    published.task,
    published.subtask,
    coalesce(of_part.preferred_metric, of_task.preferred_metric) as reference_metric,
    published.metric as published_metric,
    published.n_scores
from published
left join reference_preferred_metrics as of_part
    on published.task = of_part.task and published.subtask = of_part.subtask
left join reference_preferred_metrics as of_task
    on published.task = of_task.task and of_task.subtask is null and not published.is_aggregate
where coalesce(of_part.preferred_metric, of_task.preferred_metric) <> published.metric
order by published.task, published.subtask, published.metric
