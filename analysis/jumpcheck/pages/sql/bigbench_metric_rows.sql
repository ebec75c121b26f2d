-- Metrics of which other numbers of rows are published than there are here.
with here as (
    select
        metric,
        count(*) as n
    from scores
    where is_preferred
    group by metric
),

published as (select metric, n_rows::bigint as n_rows from reference_preferred_rows)

select
    coalesce(here.metric, published.metric) as metric,
    coalesce(here.n, 0) as rows_here,
    coalesce(published.n_rows, 0) as rows_published
from here
full join published on here.metric = published.metric
where coalesce(here.n, 0) <> coalesce(published.n_rows, 0)
order by rows_published desc, metric
