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

{# Whoever looks at a table that is to go is told first until when it is there (docs/contrats.md). #}
{% macro postgres__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set told = dict(model, description=a_retirer(model) ~ model.description) -%}
    {{ return(default__persist_docs(relation, told, for_relation, for_columns)) }}
{%- endmacro %}

{% macro a_retirer(model) -%}
    {%- if model.deprecation_date -%}
        {%- if model.version and model.version != model.latest_version -%}
            Version {{ model.version }}, remplacée par {{ model.name }} ; {# -#}
        {%- endif -%}
        À retirer le {{ (model.deprecation_date | string)[:10] }}. {# -#}
    {%- endif -%}
{%- endmacro %}
