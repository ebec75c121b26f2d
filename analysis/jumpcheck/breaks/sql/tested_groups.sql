-- One row per task, metric and model family with a curve that has a p_break: p and q value of the question whether any
-- of its curves has a break. With only_preferred it reads only curves whose metric is the preferred one of their part
-- of the task.
--   p  Simes (1986): min over k of p_(k) n / k, valid for curves that share examples;  q  Benjamini and Hochberg (1995)
create or replace temp macro tested_groups(only_preferred) as table (
    with ranked as (
        select
            trials.task,
            trials.metric,
            trials.model_family,
            -- p n / k, k being the number of those that are not larger: the frame of a window takes in what is equal.
            measured.p_break * count(*) over triplet / count(*) over (triplet order by measured.p_break) as p_by_rank
        from measured
        inner join trials on measured.curve_id = trials.curve_id
        where measured.p_break is not null and (trials.is_preferred or not only_preferred)
        window triplet as (partition by trials.task, trials.metric, trials.model_family)
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
