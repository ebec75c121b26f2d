-- One row per task, metric and model family: what the verdicts on its curves come to. Of all curves, or of those alone whose
-- metric is the preferred one of their part of the task. Smooth needs every curve that is not at chance to be smooth.
create or replace temp macro group_verdicts(only_preferred) as table (
    with counted as (
        select
            breaks.task,
            breaks.metric,
            breaks.model_family,
            count(*) filter (breaks.verdict <> 'not_testable') as n_curves_tested,
            count(*) filter (breaks.verdict = 'break') as n_break,
            count(*) filter (breaks.verdict = 'at_chance') as n_at_chance,
            count(*) filter (breaks.verdict = 'smooth') as n_smooth
        from breaks
        inner join curves on breaks.curve_id = curves.curve_id
        where curves.is_preferred or not only_preferred
        group by breaks.task, breaks.metric, breaks.model_family
    )

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
        end as verdict
    from counted
    left join tested_groups(only_preferred) as tested
        on counted.task = tested.task and counted.metric = tested.metric and counted.model_family = tested.model_family
)
