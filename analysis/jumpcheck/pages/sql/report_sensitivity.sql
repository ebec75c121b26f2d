-- How many verdicts change with each choice of the test, and how many breaks (at one model or
-- more) and smooth curves there are then.
select
    choice,
    sum(n_curves)::bigint as n_curves,
    coalesce(sum(n_curves) filter (verdict <> verdict_then), 0)::bigint as n_changed,
    coalesce(sum(n_curves) filter (verdict in ('break', 'one_model')), 0)::bigint as n_break,
    coalesce(sum(n_curves) filter (verdict_then in ('break', 'one_model')), 0)::bigint as n_break_then,
    coalesce(sum(n_curves) filter (verdict = 'smooth'), 0)::bigint as n_smooth,
    coalesce(sum(n_curves) filter (verdict_then = 'smooth'), 0)::bigint as n_smooth_then
from sensitivity
group by choice
order by choice
