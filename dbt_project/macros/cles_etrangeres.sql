{#
    Statement that adds foreign keys once a large table is filled: declared with the table, each row would be checked by
    itself, and the dimension stay locked for the other models meanwhile. A key bears the name of the column it refers to.
#}
{% macro cles_etrangeres(dimensions) -%}
    alter table {{ this }}
    {%- for colonne, dimension in dimensions.items() %}
    add foreign key ({{ colonne }}) references {{ ref(dimension) }} ({{ colonne }}){{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
