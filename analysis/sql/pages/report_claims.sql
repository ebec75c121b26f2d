-- The paper's claims in order.
select
    claim,
    paper,
    this_dataset,
    look_at
from claims
order by number
