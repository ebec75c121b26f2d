-- One row per task labelled by hand.
select
    task,
    label,
    first_model_family,
    first_model_size
from reference_annotations
order by task
