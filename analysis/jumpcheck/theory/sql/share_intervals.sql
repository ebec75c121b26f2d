-- One row per row of `shares`, with the 95 % interval of its share of n_curves.
select
    *,
    wilson_interval(share, n_curves).low as share_low,
    wilson_interval(share, n_curves).high as share_high
from shares
