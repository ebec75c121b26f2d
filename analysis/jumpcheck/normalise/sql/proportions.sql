-- The distinct scores of metrics that are shares and no aggregates, where the source says no number of examples: one group per
-- task, subtask, split of the test set and model family. The mean of several runs is no share of a test set.
select
    published_scores.task,
    published_scores.subtask,
    split_of(published_scores.filter) as split,
    published_scores.model_family,
    published_scores.score,
    max(published_scores.chance) as chance
from published_scores
inner join reference_metrics
    on published_scores.metric = reference_metrics.metric and reference_metrics.is_proportion::boolean
left join reference_task_notes
    on published_scores.task = reference_task_notes.task and reference_task_notes.no_shares::boolean
where published_scores.entry_kind <> 'aggregate' and published_scores.n_examples is null and published_scores.n_runs = 1
    and reference_task_notes.task is null
group by all
order by all
