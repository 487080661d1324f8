{# The schema is the one a resource names, verbatim: dbt would prefix it with the profile's. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name if custom_schema_name else target.schema }}
{%- endmacro %}
