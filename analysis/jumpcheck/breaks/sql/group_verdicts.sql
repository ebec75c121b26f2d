-- One row per task, metric and model family: what the verdicts on its curves come to. Of all curves, or of those alone whose
-- metric is the preferred one of their part of the task. Smooth needs every tested curve that is not at chance to be smooth.
--   verdict, deciding_curve_id            the verdict on all curves, and a curve that has this verdict
--   jump_verdict, jump_curve_id           the same for the counted curves that jump; NULL where none jumps
-- If several curves have the verdict, counted curves come first, then the curve with the largest score. Of curves with
-- a break those that jump come first, then the curve with the smallest p.
create or replace temp macro group_verdicts(only_preferred) as table (
    with judged_curves as (
        select
            breaks.*,
            curves.entry_kind,
            curves.is_counted,
            curves.is_counted and breaks.jumps as is_jump
        from breaks
        inner join curves on breaks.curve_id = curves.curve_id
        where curves.is_preferred or not only_preferred
    ),

    counted as (
        select
            task,
            metric,
            model_family,
            count(*) filter (verdict <> 'not_testable') as n_curves_tested,
            count(*) filter (verdict = 'break') as n_break,
            count(*) filter (verdict = 'one_model') as n_one_model,
            count(*) filter (verdict = 'family') as n_family,
            count(*) filter (is_decoy) as n_decoy,
            count(*) filter (verdict = 'at_chance') as n_at_chance,
            count(*) filter (verdict = 'smooth') as n_smooth,
            count(*) filter (is_jump) as n_jumps,
            count(*) filter (is_jump and verdict <> 'not_testable') as n_jump_tested,
            count(*) filter (is_jump and verdict = 'break') as n_jump_break,
            count(*) filter (is_jump and verdict = 'one_model') as n_jump_one_model,
            count(*) filter (is_jump and verdict = 'family') as n_jump_family,
            count(*) filter (is_jump and verdict = 'at_chance') as n_jump_at_chance,
            count(*) filter (is_jump and verdict = 'smooth') as n_jump_smooth,
            count(p_break) filter (is_jump) > 0 as jump_is_detectable
        from judged_curves
        group by task, metric, model_family
    ),

    judged as (
        select
            counted.task,
            counted.metric,
            counted.model_family,
            counted.n_curves_tested,
            counted.n_break + counted.n_one_model + counted.n_family as n_curves_with_break,
            tested.p,
            tested.q,
            verdict_of_group(
                counted.n_curves_tested, counted.n_smooth, counted.n_at_chance,
                if(tested.q < settings.fdr, counted.n_break, 0), if(tested.q < settings.fdr, counted.n_one_model, 0),
                if(with_effects.q < settings.fdr, counted.n_family, 0)
            ) as verdict,
            if(
                counted.n_jumps > 0,
                verdict_of_group(
                    counted.n_jump_tested, counted.n_jump_smooth, counted.n_jump_at_chance,
                    if(tested.q < settings.fdr, counted.n_jump_break, 0), if(tested.q < settings.fdr, counted.n_jump_one_model, 0),
                    if(with_effects.q < settings.fdr, counted.n_jump_family, 0)
                ),
                null
            ) as jump_verdict,
            counted.n_decoy > 0 and coalesce(decoy.q < settings.fdr, false) as has_decoy,
            counted.jump_is_detectable
        from counted
        cross join settings
        left join tested_groups(only_preferred, 'break') as tested
            on counted.task = tested.task and counted.metric = tested.metric and counted.model_family = tested.model_family
        left join tested_groups(only_preferred, 'with_effects') as with_effects
            on counted.task = with_effects.task and counted.metric = with_effects.metric
            and counted.model_family = with_effects.model_family
        left join tested_groups(only_preferred, 'decoy') as decoy
            on counted.task = decoy.task and counted.metric = decoy.metric and counted.model_family = decoy.model_family
    ),

    ordered as (
        select
            judged_curves.task,
            judged_curves.metric,
            judged_curves.model_family,
            judged_curves.curve_id,
            judged_curves.verdict = judged.verdict as has_verdict,
            judged_curves.is_jump and judged_curves.verdict = judged.jump_verdict as has_jump_verdict,
            row_number() over (
                partition by judged_curves.task, judged_curves.metric, judged_curves.model_family
                order by
                    not judged_curves.is_counted,
                    judged_curves.entry_kind = 'aggregate',
                    judged_curves.verdict in ('break', 'one_model', 'family') and not judged_curves.is_jump,
                    case
                        when judged_curves.verdict in ('break', 'one_model') then judged_curves.p_break
                        when judged_curves.verdict = 'family' then judged_curves.p_with_effects
                    end,
                    judged_curves.improvement_score desc nulls last,
                    judged_curves.n_scales desc,
                    judged_curves.subtask,
                    judged_curves.shots nulls first,
                    judged_curves.filter
            ) as place
        from judged_curves
        inner join judged
            on judged_curves.task = judged.task and judged_curves.metric = judged.metric
            and judged_curves.model_family = judged.model_family
    ),

    deciding as (
        select
            task,
            metric,
            model_family,
            arg_min(curve_id, place) filter (has_verdict) as deciding_curve_id,
            arg_min(curve_id, place) filter (has_jump_verdict) as jump_curve_id
        from ordered
        group by task, metric, model_family
    )

    select
        judged.task,
        judged.metric,
        judged.model_family,
        judged.n_curves_tested,
        judged.n_curves_with_break,
        judged.p,
        judged.q,
        judged.verdict,
        deciding.deciding_curve_id,
        judged.jump_verdict,
        judged.jump_is_detectable,
        judged.has_decoy,
        deciding.jump_curve_id
    from judged
    left join deciding
        on judged.task = deciding.task and judged.metric = deciding.metric and judged.model_family = deciding.model_family
)
