-- One row per task, metric and model family: its most emergent curve, and the median over its curves beside it. Of all curves,
-- or of those alone whose metric is the preferred one of their part of the task. Aggregates average the other curves and do
-- not compete with them; a triplet that has nothing else says so.
create or replace temp macro best_curves(only_preferred) as table (
    with best as (
        select *
        from curves
        where is_preferred or not only_preferred
        qualify
            row_number() over (
                partition by task, metric, model_family
                order by
                    entry_kind = 'aggregate',
                    improvement_score desc nulls last,
                    n_scales desc,
                    -- Many curves have an infinite score. Of curves equal so far, that with the largest gain is taken.
                    (y_max - y_min) / greatest(abs(y_max), abs(y_min), 1) desc,
                    subtask,
                    shots nulls first,
                    filter
            ) = 1
    ),

    summary as (
        select
            task,
            metric,
            model_family,
            count(*) as n_curves,
            count(improvement_score) as n_scored_curves,
            -- Between -infinity and +infinity there is no middle.
            if(isnan(median(improvement_score)), null, median(improvement_score)) as median_improvement_score,
            bool_or(is_preferred) as is_preferred,
            bool_or(is_counted) as is_counted,
            bool_or(is_above and is_counted) as is_above,
            bool_or(jumps and is_counted) as jumps
        from curves
        where entry_kind <> 'aggregate' and (is_preferred or not only_preferred)
        group by task, metric, model_family
    )

    select
        best.task,
        best.metric,
        best.model_family,
        if(best.entry_kind <> 'aggregate', best.emergence_score, null) as emergence_score,
        if(best.entry_kind <> 'aggregate', best.improvement_score, null) as improvement_score,
        if(best.entry_kind <> 'aggregate', best.linearity, null) as linearity,
        if(best.entry_kind <> 'aggregate', best.sharpness, null) as sharpness,
        best.direction,
        best.n_scales,
        best.curve_id,
        best.subtask as curve_subtask,
        best.shots as curve_shots,
        best.filter as curve_filter,
        coalesce(summary.n_curves, 0) as n_curves,
        coalesce(summary.n_scored_curves, 0) as n_scored_curves,
        summary.median_improvement_score,
        coalesce(summary.is_counted, false) as is_counted,
        coalesce(summary.is_above, false) as is_above,
        coalesce(summary.jumps, false) as jumps,
        summary.is_preferred,
        if(best.entry_kind <> 'aggregate', best.status, 'aggregate_only') as status
    from best
    left join summary
        on best.task = summary.task and best.metric = summary.metric and best.model_family = summary.model_family
)
