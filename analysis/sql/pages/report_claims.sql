-- The paper's claims that can be asked of this dataset, in order.
select
    claim,
    paper,
    this_dataset,
    case when n_of > 0 then format('{:.0f} % [{:.0f}, {:.0f}]', 100 * share, 100 * share_low, 100 * share_high) end
        as share_and_interval,
    holds || ': ' || reason as answer
from claims
where is_asked
order by number
