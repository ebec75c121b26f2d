-- One row per metric: how many of its curves are above the threshold, how many of its triplets jump, and what the break test says.
with counted as (
    select
        curves.metric,
        count(*) as n_curves,
        count(*) filter (curves.is_above) as n_above,
        count(*) filter (curves.improvement_score = 'infinity'::double) as n_infinite,
        median(curves.improvement_score) filter (isfinite(curves.improvement_score)) as median_finite_score
    from curves
    where curves.is_counted
    group by curves.metric
),

of_triplets as (
    select
        metric,
        count(*) as n_triplets,
        count(*) filter (jumps) as n_triplets_jump,
        count(*) filter (verdict = 'break') as n_triplets_break,
        count(*) filter (verdict = 'one_model') as n_triplets_one_model,
        count(*) filter (verdict = 'family') as n_triplets_family,
        count(*) filter (has_decoy) as n_triplets_decoy
    from triplets
    group by metric
),

verdicts as (
    select
        metric,
        count(*) filter (verdict <> 'not_testable') as n_tested,
        count(*) filter (verdict = 'break') as n_break,
        count(*) filter (verdict = 'one_model') as n_one_model,
        count(*) filter (verdict = 'family') as n_family,
        count(*) filter (is_decoy) as n_decoy,
        count(*) filter (verdict = 'smooth') as n_smooth,
        count(*) filter (verdict = 'at_chance') as n_at_chance,
        count(*) filter (verdict = 'inconclusive') as n_inconclusive
    from breaks
    group by metric
)

select
    metrics.metric,
    metrics.is_linear,
    metrics.is_continuous,
    metrics.is_proportion,
    coalesce(counted.n_curves, 0) as n_curves,
    coalesce(counted.n_above, 0) as n_above,
    counted.n_above / counted.n_curves as share_above,
    coalesce(counted.n_infinite, 0) as n_infinite,
    counted.median_finite_score,
    of_triplets.n_triplets,
    of_triplets.n_triplets_jump,
    of_triplets.n_triplets_break,
    of_triplets.n_triplets_one_model,
    of_triplets.n_triplets_family,
    of_triplets.n_triplets_decoy,
    coalesce(verdicts.n_tested, 0) as n_tested,
    coalesce(verdicts.n_break, 0) as n_break,
    coalesce(verdicts.n_one_model, 0) as n_one_model,
    coalesce(verdicts.n_family, 0) as n_family,
    coalesce(verdicts.n_decoy, 0) as n_decoy,
    coalesce(verdicts.n_smooth, 0) as n_smooth,
    coalesce(verdicts.n_at_chance, 0) as n_at_chance,
    coalesce(verdicts.n_inconclusive, 0) as n_inconclusive
from metrics
left join counted on metrics.metric = counted.metric
left join of_triplets on metrics.metric = of_triplets.metric
left join verdicts on metrics.metric = verdicts.metric
order by metrics.metric
