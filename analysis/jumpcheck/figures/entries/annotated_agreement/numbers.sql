-- One row per pair (task, model family) whose family stands for a family of the hand annotations. The column role
-- tells what the label of the task means for this family. positive: emergent first in this family. negative: flat or
-- smooth. left out: emergent first in another family, labelled other, or without a label.
with scales as (
    select
        model_family,
        max(n_scales) as n_scales
    from curves
    group by model_family
)

select
    pairs.model_family,
    scales.n_scales,
    pairs.task,
    pairs.metric,
    pairs.curve_id,
    pairs.improvement_score,
    pairs.status,
    annotations.label,
    annotations.first_model_family,
    case
        when annotations.label = 'emergent' and annotations.first_model_family = aliases.annotated_family then 'positive'
        when annotations.label in ('flat', 'smooth') then 'negative'
        when annotations.label = 'emergent' then 'left out: emergent first elsewhere'
        when annotations.label = 'other' then 'left out: labelled other'
        else 'left out: no label'
    end as role
from pairs
inner join reference_family_aliases as aliases on pairs.model_family = aliases.model_family
inner join scales on pairs.model_family = scales.model_family
left join annotations on pairs.task = annotations.task
order by pairs.model_family, role, pairs.task
