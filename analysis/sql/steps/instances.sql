-- One row per number that instance-level scores are the mean of: mean, standard error and number of examples, and what of
-- them could not be taken. Shares are exact: sums of whole numbers do not depend on the order in which threads add them; other
-- means are rounded to 15 digits, so that they do not show it. The chance rate is the mean of those of the examples.
with averaged as (
    select
        task,
        subtask,
        shots,
        metric,
        filter,
        model_family,
        model,
        revision,
        min(n_parameters) as n_parameters,
        min(training_tokens) as training_tokens,
        min(training_steps) as training_steps,
        min(training_flops) as training_flops,
        min(loss) as loss,
        bool_and(higher_is_better) as higher_is_better,
        min(n_parameters) is distinct from max(n_parameters)
        or min(training_tokens) is distinct from max(training_tokens)
        or min(training_steps) is distinct from max(training_steps)
        or min(training_flops) is distinct from max(training_flops)
        or min(loss) is distinct from max(loss)
        or bool_and(higher_is_better) is distinct from bool_or(higher_is_better)
        or count(chance) filter (is_score) not in (0, count(*) filter (is_score)) as differs,
        count(*) filter (is_score) as n_examples,
        count(*) filter (not is_score) as n_bad,
        count(*) filter (is_checked) as n_checked,
        count(distinct example) filter (is_checked) as n_distinct,
        sum(score) filter (is_score) as total,
        fsum(score) filter (is_score) as careful_total,
        min(chance) filter (is_score) as least_chance,
        max(chance) filter (is_score) as largest_chance,
        fsum(chance) filter (is_score) as total_chance,
        bool_and(score = floor(score) and abs(score) < 1000000) filter (is_score) as is_whole,
        stddev_samp(score) filter (is_score) as deviation
    from instances
    group by task, subtask, shots, metric, filter, model_family, model, revision
)

select
    * exclude (total, careful_total, is_whole, deviation, least_chance, largest_chance, total_chance),
    case
        when is_whole then total / n_examples
        else format('{:.15g}', careful_total / n_examples)::double
    end as score,
    format('{:.12g}', deviation / sqrt(n_examples))::double as stderr,
    case
        when least_chance = largest_chance then least_chance
        else format('{:.15g}', total_chance / n_examples)::double
    end as chance
from averaged
order by all
