-- One row per preferred metric of the tasks that Wei et al. 2022 label emergent.
select
    reference_preferred_metrics.preferred_metric as metric,
    count(*) as n_emergent_tasks,
    count(tasks.task) as n_in_dataset
from annotations
inner join reference_preferred_metrics
    on annotations.task = reference_preferred_metrics.task and reference_preferred_metrics.subtask is null
left join tasks on annotations.task = tasks.task
where annotations.label = 'emergent'
group by all
order by n_emergent_tasks desc, metric
