-- One row per task, metric and model family: what the verdicts on its curves come to. Of all curves, or of those alone whose
-- metric is the preferred one of their part of the task. Smooth needs every curve that is not at chance to be smooth. The curve
-- that decides is one that has the verdict of all: of a break one that jumps, if any does, and of these the one of the smallest
-- p; of other verdicts the one of the largest score.
create or replace temp macro group_verdicts(only_preferred) as table (
    with counted as (
        select
            breaks.task,
            breaks.metric,
            breaks.model_family,
            count(*) filter (breaks.verdict <> 'not_testable') as n_curves_tested,
            count(*) filter (breaks.verdict = 'break') as n_break,
            count(*) filter (breaks.verdict = 'break' and breaks.jumps) as n_jump_and_break,
            count(*) filter (breaks.verdict = 'at_chance') as n_at_chance,
            count(*) filter (breaks.verdict = 'smooth') as n_smooth
        from breaks
        inner join curves on breaks.curve_id = curves.curve_id
        where curves.is_preferred or not only_preferred
        group by breaks.task, breaks.metric, breaks.model_family
    ),

    judged as (
        select
            counted.task,
            counted.metric,
            counted.model_family,
            counted.n_curves_tested,
            tested.p,
            tested.q,
            case
                when counted.n_curves_tested = 0 then 'not_testable'
                when tested.q < 0.05 and counted.n_break > 0 then 'break'
                when counted.n_at_chance = counted.n_curves_tested then 'at_chance'
                when counted.n_smooth + counted.n_at_chance = counted.n_curves_tested then 'smooth'
                else 'inconclusive'
            end as verdict,
            verdict = 'break' and counted.n_jump_and_break > 0 as jump_is_break
        from counted
        left join tested_groups(only_preferred) as tested
            on counted.task = tested.task and counted.metric = tested.metric and counted.model_family = tested.model_family
    ),

    deciding as (
        select
            judged.task,
            judged.metric,
            judged.model_family,
            breaks.curve_id
        from judged
        inner join breaks
            on judged.task = breaks.task and judged.metric = breaks.metric and judged.model_family = breaks.model_family
            and judged.verdict = breaks.verdict
        inner join curves on breaks.curve_id = curves.curve_id
        where curves.is_preferred or not only_preferred
        qualify
            row_number() over (
                partition by judged.task, judged.metric, judged.model_family
                order by
                    judged.verdict = 'break' and not breaks.jumps,
                    if(judged.verdict = 'break', breaks.p_break, null),
                    breaks.improvement_score desc nulls last,
                    breaks.n_scales desc,
                    breaks.subtask,
                    breaks.shots nulls first,
                    breaks.filter
            ) = 1
    )

    select
        judged.*,
        deciding.curve_id as deciding_curve_id
    from judged
    left join deciding
        on judged.task = deciding.task and judged.metric = deciding.metric and judged.model_family = deciding.model_family
)
