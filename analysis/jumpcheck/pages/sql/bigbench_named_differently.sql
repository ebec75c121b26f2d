-- Tasks and parts that prefer another metric than data/reference names.
select * from preferred_metric_differences
order by task, subtask, published_metric
