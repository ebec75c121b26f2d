-- One row per published number, as normalised.
select
    curve_id,
    task,
    subtask,
    entry_kind,
    model_family,
    model,
    shots,
    metric,
    filter,
    score,
    stderr,
    n_examples,
    n_runs,
    run_sd,
    is_preferred,
    low_score,
    high_score,
    chance,
    higher_is_better,
    source_file
from published_scores
