-- One row per pair with a break, of whatever kind: the curve that decides. Of the size of a break of the family nothing is said, for it is not
-- beside the effects of models.
select
    units.task,
    units.model_family,
    units.metric,
    verdicts.called as verdict,
    format('{:.2g}', if(units.verdict = 'family', breaks.q_with_effects, units.q)) as q,
    units.n_curves_with_break as curves,
    breaks.shots,
    breaks.n_examples as examples,
    format('{:.3g}', breaks.break_scale) as from_scale,
    if(
        units.verdict <> 'family',
        format('{:.1f} [{:.1f}, {:.1f}]', exp(breaks.break_size), exp(breaks.break_size_low), exp(breaks.break_size_up)), null
    ) as loss_lower_by_factor,
    case when units.jump_verdict = units.verdict then 'this curve' when units.jumps then 'another curve' else 'no' end as jumps
from units
inner join breaks on units.deciding_curve_id = breaks.curve_id
inner join verdicts on units.verdict = verdicts.verdict
where units.verdict in ('break', 'one_model', 'family')
order by verdicts.place, units.q, breaks.p_break, units.task, units.model_family
