-- One row per curve with a p value: its q value for one kind of step, as of `tested_groups`. Triplets are selected at a false
-- discovery rate of 5 %; within each of them curves are judged at the level that so many selected ones leave (Benjamini and
-- Bogomolov 2014).
create or replace temp macro tested_curves(which) as table (
    with selected as (
        select
            groups_.*,
            settings.fdr,
            count(*) over () as n_groups,
            count(*) filter (groups_.q < settings.fdr) over () as n_selected
        from tested_groups(false, which) as groups_
        cross join settings
    ),

    asked as (
        select
            *,
            case which when 'break' then p_break when 'with_effects' then p_with_effects when 'decoy' then p_decoy end as p_value
        from counted_tests
    ),

    ranked as (
        select
            asked.curve_id,
            asked.task,
            asked.metric,
            asked.model_family,
            asked.p_value,
            selected.q,
            if(selected.q < selected.fdr, selected.n_groups / selected.n_selected, 1) as n_per_selected,
            asked.p_value * count(*) over triplet / count(*) over (triplet order by asked.p_value) as p_by_rank
        from asked
        inner join selected
            on asked.task = selected.task and asked.metric = selected.metric and asked.model_family = selected.model_family
        where asked.p_value is not null
        window triplet as (partition by asked.task, asked.metric, asked.model_family)
    )

    select
        curve_id,
        greatest(
            q,
            least(1, n_per_selected * min(p_by_rank) over (partition by task, metric, model_family order by p_value desc))
        ) as q
    from ranked
)
