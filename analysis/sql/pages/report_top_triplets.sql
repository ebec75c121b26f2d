-- The 40 triplets that display emergence most.
select
    top_triplets.task,
    top_triplets.metric,
    top_triplets.model_family,
    top_triplets.improvement_score as score,
    top_triplets.median_improvement_score as median_score,
    top_triplets.n_curves,
    top_triplets.n_examples,
    if(metrics.is_proportion, top_triplets.verdict, 'not tested: not percent-correct') as verdict
from top_triplets
left join metrics on top_triplets.metric = metrics.metric
order by top_triplets.improvement_score desc, top_triplets.task, top_triplets.metric, top_triplets.model_family
limit 40
