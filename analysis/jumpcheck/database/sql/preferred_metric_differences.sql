-- Tasks and parts of which entries prefer another metric than reference_preferred_metrics names. A metric that is named for a part
-- counts before that of its task, which says nothing of averages of the parts.
with named as (
    select
        task,
        regexp_replace(subtask, ' #\d+$', '') as subtask,
        entry_kind,
        metric
    from scores
    where is_preferred
),

published as (
    select
        task,
        subtask,
        metric,
        -- Of some families a label is an average of parts, of others the whole task.
        bool_or(entry_kind = 'aggregate') as is_aggregate,
        count(*) as n_scores
    from named
    group by task, subtask, metric
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
