-- The claims of the meta-analysis that need no verdict of a test.
select
    claim,
    paper,
    this_dataset as here,
    holds || ': ' || reason || case
        when n_of > 0
            then format(
                ' ({:d} of {:d}: {:.0f} % [{:.0f}, {:.0f}])', n, n_of, 100 * share, 100 * share_low, 100 * share_high
            )
        else ''
    end as answer
from claims
where number <= 4
order by number
