-- One row per task and model family: how many parts the task has there.
select
    task,
    model_family,
    -- A second evaluation ("label #2") is no other part.
    count(distinct regexp_replace(subtask, ' #\d+$', '')) as n_parts
from published_scores
where entry_kind <> 'aggregate'
group by task, model_family
order by task, model_family
