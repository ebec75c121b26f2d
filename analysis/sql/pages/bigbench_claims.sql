-- The claims of the meta-analysis that need no verdict of a test.
select
    claim,
    paper,
    this_dataset as here,
    case when n_of > 0 then format('{:.0f} % [{:.0f}, {:.0f}]', 100 * share, 100 * share_low, 100 * share_high) end
        as share_and_interval,
    holds || ': ' || reason as answer
from claims
where number <= 4
order by number
