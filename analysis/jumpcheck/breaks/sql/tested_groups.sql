-- One row per task, metric and model family with a p value: p and q value of the question whether any of its curves has a step.
-- `which` step: break, with_effects (a break where the effects of models are left in the scores) or decoy. With only_preferred it
-- reads only curves whose metric is the preferred one of their part of the task.
--   p  Simes (1986): min over k of p_(k) n / k, valid for curves that share examples;  q  Benjamini and Hochberg (1995)
create or replace temp macro tested_groups(only_preferred, which) as table (
    with asked as (
        select
            task,
            metric,
            model_family,
            case which when 'break' then p_break when 'with_effects' then p_with_effects when 'decoy' then p_decoy end as p_value
        from counted_tests
        where is_preferred or not only_preferred
    ),

    ranked as (
        select
            task,
            metric,
            model_family,
            -- p n / k, k being the number of those that are not larger: the frame of a window takes in what is equal.
            p_value * count(*) over triplet / count(*) over (triplet order by p_value) as p_by_rank
        from asked
        where p_value is not null
        window triplet as (partition by task, metric, model_family)
    ),

    combined as (
        select
            task,
            metric,
            model_family,
            count(*) as n_curves_tested,
            min(p_by_rank) as p
        from ranked
        group by task, metric, model_family
    ),

    by_rank as (
        select
            *,
            p * count(*) over () / count(*) over (order by p) as p_by_rank
        from combined
    )

    select
        task,
        metric,
        model_family,
        n_curves_tested,
        p,
        min(p_by_rank) over (order by p desc) as q
    from by_rank
)
