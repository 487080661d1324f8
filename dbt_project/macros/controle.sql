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
