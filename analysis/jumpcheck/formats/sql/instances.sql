-- One row per number that instance-level scores are the mean of: mean, standard error and number of examples, and what of
-- them could not be taken. Shares are exact: sums of whole numbers do not depend on the order in which threads add them; other
-- means are rounded to 15 digits, so that they do not show it. The chance rate is the mean of those of the examples.
with examples as (
    -- Numbers and examples by their hashes of 8 bytes: with their texts, what is told apart takes ten times the memory.
    select distinct
        hash(task, subtask, shots, metric, filter, model_family, model, revision) as number,
        if(example is null, null, hash(example)) as example
    from instances
),

told_apart as (
    select
        number,
        count(example) as n_distinct
    from examples
    group by number
),

averaged as (
    select
        hash(task, subtask, shots, metric, filter, model_family, model, revision) as number,
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
        count(*) as n_rows,
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
    averaged.* exclude (number, total, careful_total, is_whole, deviation, least_chance, largest_chance, total_chance),
    told_apart.n_distinct,
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
inner join told_apart on averaged.number = told_apart.number
order by all
