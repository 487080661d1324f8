{# Value and state of a field once its findings are known: a rejected cell gives nothing; « s.o. » stays « s.o. ». #}
{% macro accepte(nom, source='lues') -%}
    case when '{{ nom }}' = any(rejets.champs) then null else {{ source }}.{{ nom }} end as {{ nom }},
    {{ etat_accepte("'" ~ nom ~ "'", source ~ '.' ~ nom ~ '_etat') }} as {{ nom }}_etat
{%- endmacro %}

{% macro etat_accepte(champ, etat) -%}
    case
        when {{ champ }} = any(rejets.champs) and {{ etat }} <> 'non_concerne' then 'non_renseigne' else {{ etat }}
    end
{%- endmacro %}

{# State of a field over the lines that speak of the same partner. #}
{% macro etat_reuni(nom) -%}
    case
        when count(acceptees.{{ nom }}) > 0 then 'saisi'
        when bool_or(acceptees.{{ nom }}_etat = 'non_concerne') then 'non_concerne'
        else 'non_renseigne'
    end
{%- endmacro %}

{# Codes of the rules that reject a cell, out of `int_rejets`. #}
{% macro regles_du_champ(champ) -%}
    (
        select string_agg(split_part(regles.regle, ' ', 2), ', ' order by regles.regle)
        from unnest(rejets.regles) as regles (regle)
        where split_part(regles.regle, ' ', 1) = {{ champ }}
    )
{%- endmacro %}
