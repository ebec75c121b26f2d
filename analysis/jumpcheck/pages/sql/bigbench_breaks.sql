-- One row per pair with a break: the curve that decides.
select
    units.task,
    units.model_family,
    units.metric,
    format('{:.2g}', units.q) as q,
    units.n_curves_with_break as curves,
    breaks.shots,
    breaks.n_examples as examples,
    format('{:.3g}', breaks.break_scale) as from_scale,
    format(
        '{:.1f} [{:.1f}, {:.1f}]', exp(breaks.break_size), exp(breaks.break_size_low), exp(breaks.break_size_up)
    ) as loss_lower_by_factor,
    if(units.jump_verdict = 'break', 'this curve', if(units.jumps, 'another curve', 'no')) as jumps
from units
inner join breaks on units.deciding_curve_id = breaks.curve_id
where units.verdict = 'break'
order by units.q, breaks.p_break, units.task, units.model_family
