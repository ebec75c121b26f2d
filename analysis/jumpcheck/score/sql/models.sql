-- One row per model. Where files describe one model differently, the description of most files counts, before one
-- without any number of parameters.
with ranked as (
    select
        *,
        count(*) over (partition by model_family, model) as n_descriptions,
        row_number() over (
            partition by model_family, model
            order by
                coalesce(scale, non_embedding_params, total_params, flop_matched_non_embedding_params) is null,
                n_files desc,
                non_embedding_params nulls last,
                flop_matched_non_embedding_params nulls last,
                total_params nulls last,
                scale nulls last
        ) as description_rank
    from published_models
)

select
    model_family,
    model,
    non_embedding_params,
    flop_matched_non_embedding_params,
    total_params,
    -- A sparse model activates a part of its parameters: the dense model of equal compute is its scale.
    case
        when ranked.scale_basis is not null then ranked.scale
        when model_family ilike '%sparse%' and flop_matched_non_embedding_params is not null
            then flop_matched_non_embedding_params
        else coalesce(non_embedding_params, total_params, flop_matched_non_embedding_params)
    end as scale,
    case
        when ranked.scale_basis is not null then ranked.scale_basis
        when model_family ilike '%sparse%' and flop_matched_non_embedding_params is not null
            then 'flop_matched_non_embedding_params'
        when non_embedding_params is not null then 'non_embedding_params'
        when total_params is not null then 'total_params'
        when flop_matched_non_embedding_params is not null then 'flop_matched_non_embedding_params'
        else 'none'
    end as scale_basis,
    n_descriptions
from ranked
where description_rank = 1
order by model_family, scale, model
