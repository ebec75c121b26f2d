-- One row per triplet with a break, up to 30 of the smallest q: its curve of the smallest p_break, with the size of the break.
with of_triplets as (
    select
        triplets.task,
        triplets.model_family,
        triplets.metric,
        triplets.q,
        triplets.displays_emergence,
        breaks.subtask,
        breaks.shots,
        breaks.filter,
        breaks.n_examples,
        breaks.p_break,
        breaks.q_break,
        breaks.break_scale,
        breaks.break_size,
        breaks.break_size_low,
        breaks.break_size_up,
        breaks.jumps,
        count(*) over (partition by triplets.task, triplets.model_family, triplets.metric) as n_curves_with_break
    from breaks
    inner join triplets
        on breaks.task = triplets.task and breaks.model_family = triplets.model_family and breaks.metric = triplets.metric
    where breaks.verdict = 'break'
),

chosen as (
    select *
    from of_triplets
    qualify row_number() over (partition by task, model_family, metric order by p_break, subtask, shots, filter) = 1
)

select
    *,
    count(*) over () as n_triplets,
    (select count(*) from triplets where p is not null) as n_triplets_tested
from chosen
order by q, p_break, task, model_family, metric
limit 30
