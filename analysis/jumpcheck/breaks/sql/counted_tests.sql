-- One row per curve with a p_break: the p values that are compared with those of all other curves. They are 1 where the answer
-- cannot be a break whatever the p value is: a break of smallest_break is ruled out there, or a smooth law of another shape
-- explains the curve nearly as well. So small steps, and curves of other shapes, do not make it easier for others to be called a
-- break. Curves that fall are not tested for breaks (p is NULL), but for decoys, most of which fall.
select
    measured.curve_id,
    trials.task,
    trials.metric,
    trials.model_family,
    trials.is_preferred,
    measured.p_rising < settings.fdr and not coalesce(guessing.is_at_chance, false) as falls,
    case
        when falls then null
        when measured.size_high < settings.smallest_break or coalesce(exp(measured.log_ratio) < settings.least_ratio, false) then 1
        else measured.p_break
    end as p_break,
    case
        when falls then null
        when coalesce(exp(measured.log_ratio_with_effects) < settings.least_ratio, false) then 1
        else measured.p_with_effects
    end as p_with_effects,
    if(
        coalesce(measured.decoy_size_high < settings.smallest_break, false)
        or coalesce(exp(measured.log_ratio_decoy) < settings.least_ratio, false),
        1, measured.p_decoy
    ) as p_decoy
from measured
inner join trials on measured.curve_id = trials.curve_id
left join guessing() as guessing on measured.curve_id = guessing.curve_id
cross join settings
where measured.p_break is not null
