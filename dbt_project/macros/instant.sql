{# Arrival of the last receipt taken into account at the instant. #}
{% macro arrete_le() -%}
    (
        select max(connues.connu_le)
        from {{ source('entrepot', 'connaissance') }} as connues
        where connues.connu_le <= (select instants.instant from {{ ref('instant') }} as instants)
    )
{%- endmacro %}
