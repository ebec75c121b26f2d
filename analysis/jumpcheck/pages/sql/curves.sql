-- One row per curve of the explorer, those of at least 3 scales, numbered in order.
select
    row_number() over (
        order by curves.task, curves.model_family, curves.shots, curves.subtask, curves.metric, curves.filter
    ) - 1 as curve,
    curves.curve_id,
    curves.task,
    curves.subtask,
    curves.shots,
    curves.metric,
    curves.filter,
    curves.model_family,
    curves.entry_kind,
    curves.status,
    curves.scored_as,
    curves.improvement_score,
    curves.n_scales,
    curves.is_counted and curves.jumps as jumps,
    breaks.n_examples,
    breaks.chance,
    breaks.score_without_ties,
    breaks.level,
    breaks.slope,
    breaks.curvature,
    breaks.floor,
    breaks.scatter,
    breaks.q_break,
    breaks.break_scale,
    breaks.break_size,
    breaks.break_size_low,
    breaks.break_size_up,
    breaks.break_size_high,
    breaks.n_to_decide,
    breaks.verdict,
    -- Other reasons have numbers of their own, which the page has too.
    if(breaks.verdict = 'not_testable', breaks.reason, null) as why_not,
    breaks.chance_bound,
    breaks.constant_answer,
    breaks.source_of_jump
from curves
left join breaks on curves.curve_id = breaks.curve_id
where curves.n_scales >= (select min_scales from settings)
order by curve
