{#
    Body of a function, without the name of the database: kept as text by the server, it would break in a copy of the
    database, or in a backup restored under another name.
#}
{% macro postgres__scalar_function_body_sql() %}
    $$
    {{ model.compiled_code | replace('"' ~ target.database ~ '".', '') }}
    $$ language sql parallel safe
{% endmacro %}
