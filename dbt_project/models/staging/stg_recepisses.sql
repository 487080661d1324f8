{{ config(materialized='table', indexes=[{'columns': ['recepisse_id'], 'unique': true}]) }}

-- The batch: every staging model works on these receipts and no other, so that a receipt accepted while a build runs
-- waits for the next one. A full refresh stages everything again.
select
    recepisse_id,
    genre,
    territoire_id,
    trimestre,
    millesime
from {{ source('entrepot', 'recepisse') }}
where
    verdict = 'accepte'
    and (
        {{ flags.FULL_REFRESH }}
        or recepisse_id not in (
            select traitement.recepisse_id
            from {{ source('entrepot', 'traitement') }} as traitement
            where traitement.etape = 'preparation'
        )
    )
