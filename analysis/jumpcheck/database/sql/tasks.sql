-- One row per task. The preferred metric is the most frequent one among its entries that are no aggregates.
with summary as (
    select
        task,
        count(distinct regexp_replace(subtask, ' #\d+$', '')) filter (entry_kind = 'subtask') as n_subtasks,
        count(distinct (model_family, model)) as n_models
    from scores
    group by task
),

preferred as (
    select
        task,
        metric as preferred_metric
    from scores
    where is_preferred and entry_kind <> 'aggregate'
    group by task, metric
    qualify row_number() over (partition by task order by count(*) desc, metric) = 1
)

select
    summary.task,
    preferred.preferred_metric,
    summary.n_subtasks,
    summary.n_models,
    published_tasks.keywords,
    reference_task_notes.note
from summary
left join preferred on summary.task = preferred.task
left join published_tasks on summary.task = published_tasks.task
left join reference_task_notes on summary.task = reference_task_notes.task
order by summary.task
