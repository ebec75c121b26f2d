-- Known faults and oddities of the tasks of these data.
select
    task,
    note
from tasks
where note is not null
order by task
