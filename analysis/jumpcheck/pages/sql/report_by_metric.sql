-- Metrics, those with most curves above the threshold first.
select
    metric,
    n_curves,
    n_above,
    round(100 * share_above, 1) as percent_above,
    n_infinite,
    n_triplets_jump as triplets_that_jump,
    n_tested,
    n_break,
    n_one_model as n_break_at_one_model,
    n_family as n_break_of_family,
    n_decoy,
    n_smooth,
    n_at_chance,
    n_inconclusive,
    if(is_proportion, null, 'not tested: not percent-correct') as note
from by_metric
order by n_above desc, n_curves desc, metric
