-- The same outputs under two metrics: every curve of shares beside the curves of continuous metrics of the same task,
-- subtask, shots, filter and model family. Counted curves (curves.is_counted).
select
    sharp.task,
    sharp.subtask,
    sharp.shots,
    sharp.filter,
    sharp.model_family,
    sharp.curve_id as sharp_curve_id,
    sharp.metric as sharp_metric,
    sharp.improvement_score as sharp_score,
    sharp.sharpness as sharp_sharpness,
    smooth.curve_id as smooth_curve_id,
    smooth.metric as smooth_metric,
    smooth.improvement_score as smooth_score,
    smooth.sharpness as smooth_sharpness
from curves as sharp
inner join metrics as of_sharp on sharp.metric = of_sharp.metric and of_sharp.is_proportion
inner join curves as smooth
    on sharp.task = smooth.task
    and sharp.subtask = smooth.subtask
    and sharp.shots is not distinct from smooth.shots
    and sharp.filter = smooth.filter
    and sharp.model_family = smooth.model_family
inner join metrics as of_smooth on smooth.metric = of_smooth.metric and of_smooth.is_continuous
where sharp.is_counted and smooth.is_counted
order by sharp.task, sharp.subtask, sharp.shots, sharp.filter, sharp.model_family, sharp.metric, smooth.metric
