-- The split of the test set that a filter names, as in `split=test, rc`; empty where it names none.
create or replace temp macro split_of(filter_name) as regexp_extract(filter_name, 'split=([^,]*)', 1)
