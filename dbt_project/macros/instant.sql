{#
    Cut-off at the instant: when the last receipt known, or the last change of reference data taken in by a release,
    became known.
#}
{% macro arrete_le() -%}
    greatest(
        (
            select max(connues.connu_le)
            from {{ source('entrepot', 'connaissance') }} as connues
            where connues.connu_le <= (select instants.instant from {{ ref('instant') }} as instants)
        ),
        (
            select max(parutions.arretee_le)
            from {{ source('entrepot', 'parution') }} as parutions
            where
                parutions.statut in ('publiee', 'en_cours')
                and parutions.arretee_le <= (select instants.instant from {{ ref('instant') }} as instants)
        )
    )
{%- endmacro %}

{#
    Whether a reader asks for a past moment. Questions on the present are told apart by this alone: calling a function
    would cost them as much as many of them do.
#}
{% macro passe_demande() -%}
    coalesce(btrim(current_setting('entrepot.au', true)) <> '', false)
{%- endmacro %}
