-- One row per preferred metric of at least 10 pairs, or per group of the others: the share of counted pairs that display
-- emergence, with a 95 % Wilson interval; of all, and without the pairs of families whose scores on the task repeat another
-- one's. Up to 12 metrics have a row each.
with of_metric as (
    select
        metric,
        count(*) as n_pairs,
        count(*) filter (is_above) as n_above,
        count(*) filter (twin_of is null) as n_pairs_alone,
        count(*) filter (is_above and twin_of is null) as n_above_alone,
        count(*) < 10 and count(*) over () > 12 as is_pooled
    from pairs
    where is_counted
    group by metric
),

grouped as (
    select
        if(is_pooled, null, metric) as metric,
        is_pooled,
        is_pooled and n_above > 0 as is_pooled_and_above,
        count(*) as n_metrics,
        sum(n_pairs)::bigint as n_pairs,
        sum(n_above)::bigint as n_above,
        sum(n_pairs_alone)::bigint as n_pairs_alone,
        sum(n_above_alone)::bigint as n_above_alone
    from of_metric
    group by all
),

shares as (
    select
        *,
        n_above / n_pairs as share,
        n_above_alone / nullif(n_pairs_alone, 0) as share_alone
    from grouped
)

select
    coalesce(
        metric, format('{} other metrics, {} above', n_metrics, if(is_pooled_and_above, 'some', 'none'))
    ) as metric,
    is_pooled,
    n_metrics,
    n_pairs,
    n_above,
    share,
    wilson_interval(share, n_pairs::double).low as share_low,
    wilson_interval(share, n_pairs::double).high as share_high,
    n_pairs_alone,
    n_above_alone,
    share_alone,
    wilson_interval(share_alone, nullif(n_pairs_alone, 0)::double).low as share_alone_low,
    wilson_interval(share_alone, nullif(n_pairs_alone, 0)::double).high as share_alone_high
from shares
order by is_pooled, share desc, n_pairs desc, metric
