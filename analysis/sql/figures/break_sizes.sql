-- One row per pair with a break, up to 30 of the smallest q: its curve of the smallest p_break, with the size of the break.
with of_pairs as (
    select
        pairs.task,
        pairs.model_family,
        pairs.metric,
        pairs.q as q_pair,
        pairs.displays_emergence,
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
        count(*) over (partition by pairs.task, pairs.model_family, pairs.metric) as n_curves_with_break
    from breaks
    inner join curves on breaks.curve_id = curves.curve_id
    inner join pairs on breaks.task = pairs.task and breaks.model_family = pairs.model_family and breaks.metric = pairs.metric
    where breaks.verdict = 'break' and curves.is_preferred
),

chosen as (
    select *
    from of_pairs
    qualify row_number() over (partition by task, model_family, metric order by p_break, subtask, shots, filter) = 1
)

select
    *,
    count(*) over () as n_pairs,
    (select count(*) from pairs where n_curves_tested > 0) as n_pairs_tested
from chosen
order by q_pair, p_break, task, model_family, metric
limit 30
