-- One row per hand-annotated task in the data and model family: the label, the verdict on the pair, and what is
-- said of the curve of its preferred metric that jumps most.
select
    pairs.task,
    annotations.label,
    annotations.first_model_family,
    annotations.first_model_size,
    pairs.model_family,
    pairs.metric,
    pairs.curve_id,
    pairs.curve_subtask as subtask,
    pairs.curve_shots as shots,
    pairs.curve_filter as filter,
    pairs.n_scales,
    pairs.improvement_score,
    pairs.verdict,
    pairs.q,
    breaks.verdict as curve_verdict,
    breaks.source_of_jump as curve_source_of_jump,
    breaks.reason as curve_reason,
    breaks.n_examples,
    breaks.p_break,
    breaks.break_scale,
    breaks.break_size,
    breaks.break_size_high,
    breaks.score_low,
    breaks.score_high,
    breaks.score_without_ties,
    breaks.n_to_decide
from pairs
inner join annotations on pairs.task = annotations.task
left join breaks on pairs.curve_id = breaks.curve_id
order by annotations.label, pairs.task, pairs.model_family
