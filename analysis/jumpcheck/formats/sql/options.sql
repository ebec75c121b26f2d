-- Four scores of every example of multiple choice of which the option weights are known (columns weights, are_logs, target, and those
-- of an instance): p is the probability of an option among all options of its question, target the place of the right one from 0.
--   acc                     1 where the right option has the largest weight, the first of several
--   brier_score             sum over the options of (p - 1 if right else p)^2
--   choice_log_likelihood   log p of the right option
--   choice_margin           p of the right option less the largest p of another one
-- All are NULL where the weights are no weights, or the target is none of them.
with checked as (
    select
        *,
        coalesce(
            len(weights) >= 2
            and target between 0 and len(weights) - 1
            and list_bool_and([coalesce(isfinite(weight) and (are_logs or weight >= 0), false) for weight in weights])
            and (are_logs or list_sum(weights) > 0),
            false
        ) as is_good
    from options
),

shifted as (
    select
        *,
        case when is_good then if(are_logs, [weight - list_max(weights) for weight in weights], [ln(weight) for weight in weights]) end
            as logs
    from checked
),

normal as (
    select
        *,
        ln(list_sum([exp(one) for one in logs])) as log_total,
        target::bigint + 1 as place
    from shifted
),

scored as (
    select
        * exclude (logs),
        [exp(one - log_total) for one in logs] as p,
        logs[place] - log_total as log_p
    from normal
)

select
    * exclude (weights, are_logs, target, is_good, log_total, place, p, log_p, chance),
    unnest(['acc', 'brier_score', 'choice_log_likelihood', 'choice_margin']) as metric,
    unnest([
        if(is_good, (list_position(weights, list_max(weights)) = place)::double, null),
        list_sum([(one - (i = place)::integer) ** 2 for one, i in p]),
        log_p,
        p[place] - list_max([one for one, i in p if i <> place])
    ]) as score,
    unnest([1 / len(weights), null, null, null]) as chance
from scored
