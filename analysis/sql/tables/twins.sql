-- One row per task and two model families with models of the same name and scale: how many of their scores are equal. Families
-- that differ in how answers were drawn (BIG-G T=0 and T=1) share all that is not generated text: no independent evidence.
with placed as (
    select
        scores.*,
        models.scale
    from scores
    inner join models on scores.model_family = models.model_family and scores.model = models.model
    where scores.entry_kind <> 'aggregate'
)

select
    one.task,
    one.model_family,
    other.model_family as other_family,
    count(*) as n_values,
    count(*) filter (one.score = other.score) as n_equal,
    n_equal >= 0.9 * n_values as is_twin
from placed as one
inner join placed as other
    on one.task = other.task
    and one.subtask = other.subtask
    and one.shots is not distinct from other.shots
    and one.metric = other.metric
    and one.filter = other.filter
    and one.model = other.model
    and one.scale = other.scale
    and one.model_family < other.model_family
group by one.task, one.model_family, other.model_family
order by one.task, one.model_family, other.model_family
