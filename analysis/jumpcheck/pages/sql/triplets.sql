-- One row per triplet of the explorer: the curve of its largest score, the curve that its verdict is from, and the verdict. A metric
-- that is not percent-correct has none.
select
    triplets.curve_id,
    triplets.deciding_curve_id,
    if(metrics.is_proportion, triplets.verdict, null) as verdict
from triplets
left join metrics on triplets.metric = metrics.metric
inner join curves on triplets.curve_id = curves.curve_id
where curves.n_scales >= (select min_scales from settings) and curves.entry_kind <> 'aggregate'
order by triplets.task, triplets.metric, triplets.model_family
