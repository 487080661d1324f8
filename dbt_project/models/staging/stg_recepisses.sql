{{ config(materialized='table', indexes=[{'columns': ['recepisse_id'], 'unique': true}]) }}

-- The batch: every staging model works on these receipts and no other, so that a receipt accepted while a build runs
-- waits for the next one. A full refresh stages everything again.
select
    recepisse_id,
    genre,
    territoire_id,
    trimestre,
    millesime
from {{ source('entrepot', 'recepisse') }} as recepisse
where
    verdict = 'accepte'
    {%- if not flags.FULL_REFRESH %}
    and not exists (
        select
        from {{ source('entrepot', 'traitement') }} as traitement
        where
            traitement.recepisse_id = recepisse.recepisse_id
            and traitement.etape = 'preparation'
    )
    {%- endif %}
