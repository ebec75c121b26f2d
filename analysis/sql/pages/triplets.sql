-- One row per triplet of the explorer: its verdict, the curve that the verdict is from, and the curve of the largest score. A metric
-- that is not percent-correct has no verdict.
select
    triplets.curve_id,
    triplets.deciding_curve_id,
    if(metrics.is_proportion, triplets.verdict, null) as verdict,
    triplets.displays_emergence as jumps,
    triplets.q
from triplets
left join metrics on triplets.metric = metrics.metric
inner join curves on triplets.curve_id = curves.curve_id
where curves.n_scales >= 3 and curves.entry_kind <> 'aggregate'
order by triplets.task, triplets.metric, triplets.model_family
