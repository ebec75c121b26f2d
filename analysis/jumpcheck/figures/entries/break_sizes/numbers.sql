-- One row per pair (or triplet, see the view units) with a break, also at one model alone, up to 30 of the smallest q: the curve that decides, with the size
-- of its break.
select
    units.unit,
    units.task,
    units.model_family,
    units.metric,
    units.q,
    units.jumps,
    units.verdict,
    coalesce(units.jump_verdict = units.verdict, false) as jump_is_break,
    breaks.curve_id,
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
    breaks.jumps as curve_jumps,
    units.n_curves_with_break,
    count(*) over () as n_units,
    (select n_detectable from headline) as n_units_detectable
from units
inner join breaks on units.deciding_curve_id = breaks.curve_id
where units.verdict in ('break', 'one_model')
order by units.q, breaks.p_break, units.task, units.model_family, units.metric
limit 30
