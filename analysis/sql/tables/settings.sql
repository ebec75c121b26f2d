-- One row: the settings by which the tables and views of this file judge. Views read them here.
select
    emergence_threshold::double as emergence_threshold,
    steepest_plausible_slope::double as steepest_plausible_slope,
    seed::bigint as seed,
    bootstrap::varchar as bootstrap
from given_settings
