{# The schema is the one a resource names, verbatim: dbt would prefix it with the profile's. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name if custom_schema_name else target.schema }}
{%- endmacro %}

{#
    The newest version of a model has its name, and the former ones theirs: `fct_actions`, `fct_actions_v1`. Saved queries
    of readers follow the newest.
#}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
    {%- if node.version and node.version != node.latest_version -%}
        {{ node.name }}_v{{ node.version }}
    {%- else -%}
        {{ custom_alias_name if custom_alias_name else node.name }}
    {%- endif -%}
{%- endmacro %}
