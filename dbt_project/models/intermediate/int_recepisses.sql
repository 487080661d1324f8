{{ config(indexes=[{'columns': ['recepisse_id'], 'unique': true}]) }}

-- The one view of the receipts that a release rests on: accepted ones once their cells are checked (before that they
-- supersede nothing), and rejected ones. An accepted return is in force until the next for its territory and quarter
-- arrives; lists of pactes add up.
with

retenus as (
    select
        recepisse.recepisse_id,
        recepisse.nom_fichier,
        recepisse.genre,
        recepisse.verdict,
        recepisse.territoire_id,
        recepisse.trimestre,
        recepisse.millesime,
        recepisse.recu_le
    from {{ source('entrepot', 'recepisse') }} as recepisse
    left join {{ source('entrepot', 'traitement') }} as traitement
        on recepisse.recepisse_id = traitement.recepisse_id and traitement.etape = 'controle'
    where
        recepisse.verdict = 'rejete'
        or (recepisse.verdict = 'accepte' and traitement.recepisse_id is not null)
),

suites as (
    select
        *,
        case
            when verdict = 'accepte' and genre = 'retour'
                then lead(recu_le) over (
                    partition by territoire_id, trimestre, verdict, genre
                    order by recu_le, recepisse_id
                )
        end as suivant_recu_le
    from retenus
)

select
    recepisse_id,
    nom_fichier,
    genre,
    verdict,
    territoire_id,
    trimestre,
    millesime,
    recu_le,
    case when verdict = 'accepte' then recu_le end as en_vigueur_du,
    suivant_recu_le as en_vigueur_au,
    verdict = 'accepte' and suivant_recu_le is null as en_vigueur
from suites
