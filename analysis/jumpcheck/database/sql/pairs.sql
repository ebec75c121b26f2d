-- One row per task, preferred metric of its parts and model family: the triplet of the curves whose part prefers the metric.
with seen as (select distinct task, model_family from curves),

wanted as (select distinct task, metric from curves where is_preferred and entry_kind <> 'aggregate'),

-- The first family, by name, that published nearly the same scores for this task.
twin_of as (
    select
        task,
        other_family as model_family,
        min(model_family) as twin
    from twins
    where is_twin
    group by task, other_family
)

select
    seen.task,
    seen.model_family,
    wanted.metric,
    best.emergence_score,
    best.improvement_score,
    best.linearity,
    best.sharpness,
    best.direction,
    best.n_scales,
    best.curve_id,
    best.curve_subtask,
    best.curve_shots,
    best.curve_filter,
    coalesce(best.n_curves, 0) as n_curves,
    coalesce(best.n_scored_curves, 0) as n_scored_curves,
    best.median_improvement_score,
    coalesce(best.is_counted, false) as is_counted,
    coalesce(best.is_above, false) as is_above,
    coalesce(best.jumps, false) as jumps,
    best.is_preferred,
    coalesce(best.status, 'not_published') as status,
    twin_of.twin as twin_of,
    coalesce(verdicts.n_curves_tested, 0) as n_curves_tested,
    coalesce(verdicts.n_curves_with_break, 0) as n_curves_with_break,
    verdicts.p,
    verdicts.q,
    coalesce(verdicts.verdict, 'not_testable') as verdict,
    coalesce(verdicts.deciding_curve_id, best.curve_id) as deciding_curve_id,
    if(best.jumps, coalesce(verdicts.jump_verdict, 'not_testable'), null) as jump_verdict,
    coalesce(best.jumps and verdicts.jump_is_detectable, false) as jump_is_detectable,
    if(best.jumps, coalesce(verdicts.jump_curve_id, best.curve_id), null) as jump_curve_id,
    coalesce(verdicts.has_decoy, false) as has_decoy
from seen
left join wanted on seen.task = wanted.task
left join best_curves(true) as best
    on seen.task = best.task and seen.model_family = best.model_family and wanted.metric = best.metric
left join group_verdicts(true) as verdicts
    on seen.task = verdicts.task and seen.model_family = verdicts.model_family and wanted.metric = verdicts.metric
left join twin_of on seen.task = twin_of.task and seen.model_family = twin_of.model_family
order by seen.task, seen.model_family, wanted.metric
