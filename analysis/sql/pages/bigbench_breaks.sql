-- One row per pair with a break: its curve of the smallest p_break.
select
    breaks.task,
    breaks.model_family,
    breaks.metric,
    format('{:.2g}', triplets.q) as q,
    count(*) over (partition by breaks.task, breaks.model_family, breaks.metric) as curves,
    breaks.shots,
    breaks.n_examples as examples,
    format('{:.3g}', breaks.break_scale) as from_scale,
    format(
        '{:.1f} [{:.1f}, {:.1f}]', exp(breaks.break_size), exp(breaks.break_size_low), exp(breaks.break_size_up)
    ) as loss_lower_by_factor,
    if(breaks.jumps, 'yes', 'no') as jumps
from breaks
inner join triplets
    on breaks.task = triplets.task and breaks.metric = triplets.metric and breaks.model_family = triplets.model_family
where breaks.verdict = 'break'
qualify row_number() over (
    partition by breaks.task, breaks.model_family, breaks.metric order by breaks.p_break, breaks.subtask, breaks.shots
) = 1
order by triplets.q, breaks.p_break, breaks.task, breaks.model_family
