-- The 40 triplets that jump most.
select
    top_triplets.task,
    top_triplets.metric,
    top_triplets.model_family,
    top_triplets.improvement_score as score,
    top_triplets.median_improvement_score as median_score,
    top_triplets.n_curves,
    top_triplets.n_examples,
    if(metrics.is_proportion, verdicts.called, reason_words.short) as verdict
from top_triplets
inner join metrics on top_triplets.metric = metrics.metric
left join verdicts on top_triplets.verdict = verdicts.verdict
cross join (select short from reason_words where reason_code = 'not_percent_correct') as reason_words
order by top_triplets.improvement_score desc, top_triplets.task, top_triplets.metric, top_triplets.model_family
limit 40
