-- Tasks with 34 examples of which two sizes of PaLM or more have the same score.
select
    scores.task,
    scores.shots,
    string_agg(distinct scores.model, ', ' order by scores.model) as sizes_of_palm,
    any_value(scores.score) as score,
    format('{:.0f} of {:d}', any_value(scores.score) * 34, 34) as right_answers
from scores
inner join curves on scores.curve_id = curves.curve_id and curves.n_examples = 34
where scores.model_family = 'PaLM' and scores.is_preferred
group by scores.task, scores.shots, scores.score
having count(distinct scores.model) >= 2
order by scores.task, scores.shots
