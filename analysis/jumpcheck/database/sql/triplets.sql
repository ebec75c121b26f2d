-- One row per task, metric and model family: its most emergent curve, the median over its curves beside it, and the verdict on
-- all of them.
with judged as (
    select
        best.*,
        coalesce(verdicts.n_curves_tested, 0) as n_curves_tested,
        coalesce(verdicts.n_curves_with_break, 0) as n_curves_with_break,
        verdicts.p,
        verdicts.q,
        coalesce(verdicts.verdict, 'not_testable') as verdict,
        coalesce(verdicts.deciding_curve_id, best.curve_id) as deciding_curve_id,
        if(best.jumps, coalesce(verdicts.jump_verdict, 'not_testable'), null) as jump_verdict,
        best.jumps and coalesce(verdicts.jump_is_detectable, false) as jump_is_detectable,
        coalesce(verdicts.has_decoy, false) as has_decoy,
        if(best.jumps, coalesce(verdicts.jump_curve_id, best.curve_id), null) as jump_curve_id
    from best_curves(false) as best
    left join group_verdicts(false) as verdicts
        on best.task = verdicts.task and best.metric = verdicts.metric and best.model_family = verdicts.model_family
),

-- Benjamini-Hochberg once more, among the triplets that jump.
ranked as (
    select
        task,
        metric,
        model_family,
        p,
        p * count(*) over () / count(*) over (order by p) as p_by_rank
    from judged
    where jumps and p is not null
),

corrected as (
    select
        task,
        metric,
        model_family,
        min(p_by_rank) over (order by p desc) as q_jumping
    from ranked
)

select
    judged.* exclude (verdict, deciding_curve_id, jump_verdict, jump_is_detectable, has_decoy, jump_curve_id),
    corrected.q_jumping,
    judged.verdict,
    judged.deciding_curve_id,
    judged.jump_verdict,
    judged.jump_is_detectable,
    judged.jump_curve_id,
    judged.has_decoy
from judged
left join corrected
    on judged.task = corrected.task and judged.metric = corrected.metric and judged.model_family = corrected.model_family
order by judged.task, judged.metric, judged.model_family
