{#
    Whether a return, or a correction of one, was there when another was checked: registered before it, whatever the day
    it arrived. A file found late then changes no finding of files that were checked before, and checking everything
    again gives the same findings. Corrections are written with the last of the files they come from.
#}
{% macro enregistre_avant(autre, recepisse) -%}
    (
        {{ autre }}.recepisse_id < {{ recepisse }}.recepisse_id
        or {{ autre }}.canal = 'correction'
        and (
            select max(greatest(sources.origine_id, sources.registre_id))
            from {{ source('entrepot', 'correction_appliquee') }} as sources
            where sources.recepisse_id = {{ autre }}.recepisse_id
        ) < {{ recepisse }}.recepisse_id
    )
{%- endmacro %}

{#
    Whether another return was in force when one arrived, of what was registered before it: a file replaced since is no
    comparison, and a check gives the same answer whenever it runs.
#}
{% macro faisait_foi(autre, recepisse) -%}
    (
        {{ enregistre_avant(autre, recepisse) }}
        and ({{ autre }}.recu_le, {{ autre }}.recepisse_id) < ({{ recepisse }}.recu_le, {{ recepisse }}.recepisse_id)
        and not exists (
            select
            from {{ source('entrepot', 'recepisse') }} as suivant
            where
                suivant.territoire_id = {{ autre }}.territoire_id
                and suivant.trimestre = {{ autre }}.trimestre
                and suivant.verdict = 'accepte'
                and (suivant.recu_le, suivant.recepisse_id) > ({{ autre }}.recu_le, {{ autre }}.recepisse_id)
                and (suivant.recu_le, suivant.recepisse_id) < ({{ recepisse }}.recu_le, {{ recepisse }}.recepisse_id)
                and {{ enregistre_avant('suivant', recepisse) }}
        )
    )
{%- endmacro %}
