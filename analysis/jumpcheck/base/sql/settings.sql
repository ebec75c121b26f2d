-- One row: the settings by which the tables and views of this file judge. Views read them here.
select
    emergence_threshold::double as emergence_threshold,
    sharpness_threshold::double as sharpness_threshold,
    smallest_break::double as smallest_break,
    smallest_rise::double as smallest_rise,
    fdr::double as fdr,
    min_scales::integer as min_scales,
    min_scales_counted::integer as min_scales_counted,
    least_ratio::double as least_ratio,
    seed::bigint as seed
from given_settings
