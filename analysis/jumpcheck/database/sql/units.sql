-- One row per pair if the source names the preferred metrics of its tasks, as BIG-bench does; else one row per triplet.
-- Only pairs or triplets with a counted curve are here. Every page counts these rows.
with is_of_pairs as (select count(*) > 0 as given from pairs where is_counted),

groups as (
    select
        'pair' as unit,
        * exclude (twin_of)
    from pairs
    where (select given from is_of_pairs)
    union all by name
    select
        'triplet' as unit,
        * exclude (q_jumping)
    from triplets
    where not (select given from is_of_pairs)
)

select
    groups.unit,
    groups.task,
    groups.metric,
    groups.model_family,
    groups.improvement_score,
    groups.median_improvement_score,
    groups.is_above,
    groups.jumps,
    groups.curve_id,
    coalesce(metrics.is_proportion, false) as is_proportion,
    groups.n_curves_tested,
    groups.n_curves_with_break,
    groups.p,
    groups.q,
    groups.verdict,
    groups.deciding_curve_id,
    groups.jump_verdict,
    groups.jump_is_detectable,
    groups.has_decoy,
    groups.jump_curve_id
from groups
left join metrics on groups.metric = metrics.metric
where groups.is_counted
order by groups.task, groups.metric, groups.model_family
