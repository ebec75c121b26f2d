-- The paper's claims that can be asked of this dataset, in order.
select
    claim,
    paper,
    this_dataset,
    holds || ': ' || reason || case
        when n_of > 0
            then format(
                ' ({:d} of {:d}: {:.0f} % [{:.0f}, {:.0f}])', n, n_of, 100 * share, 100 * share_low, 100 * share_high
            )
        else ''
    end as answer
from claims
where is_asked
order by number
