-- The 40 triplets that display emergence most.
select
    task,
    metric,
    model_family,
    improvement_score as score,
    median_improvement_score as median_score,
    n_curves,
    n_examples,
    coalesce(verdict, 'not tested: not percent-correct') as verdict
from top_triplets
limit 40
