{# All that was ever known of a table of reference data, with the moments between which each row was. #}
{% macro histoire(modele) -%}
    {%- do ref(modele) -%}
    historique.{{ modele }}
{%- endmacro %}
