{{ config(materialized='view') }}

-- Findings of every file that was read, as followed by now, published or not: what the sender is answered.
{{ suivre_constats(
    "(select recepisse.recepisse_id, recepisse.territoire_id, recepisse.trimestre, recepisse.recu_le from "
    ~ source('entrepot', 'recepisse') ~ " as recepisse where recepisse.verdict <> 'recu')",
    "'infinity'::timestamptz"
) }}
