{# All that was ever known of a table of reference data, with the moments between which each row was. #}
{% macro histoire(modele) -%}
    {%- do ref(modele) -%}
    historique.{{ modele }}
{%- endmacro %}

{#
    Take back what a release that was not published had added to a journal of moments: what was known before it is as the
    last published release left it.
#}
{% macro oublier_la_suite() -%}
    delete from {{ this }}
    using {{ source('entrepot', 'parution') }} as parution
    where parution.statut = 'en_cours' and connu_du > parution.arrete_precedent;

    update {{ this }} as anciennes set connu_au = 'infinity'
    from {{ source('entrepot', 'parution') }} as parution
    where
        parution.statut = 'en_cours'
        and anciennes.connu_au > parution.arrete_precedent
        and anciennes.connu_au < 'infinity'
{%- endmacro %}
