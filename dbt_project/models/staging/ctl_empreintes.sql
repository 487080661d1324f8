{{ config(materialized='view') }}

-- Compared with the returns in force when this one arrived: a sheet sent under a wrong name and replaced since is none.
select
    empreintes.*,
    jumelle.trimestre as jumelle_trimestre,
    ailleurs.territoire_id as ailleurs_territoire,
    ailleurs.trimestre as ailleurs_trimestre
from {{ ref('stg_empreintes') }} as empreintes
inner join {{ source('entrepot', 'recepisse') }} as recepisse on empreintes.recepisse_id = recepisse.recepisse_id
-- The same people counted in another quarter. A return that repeats its actions as well is told as one file (IDE-05).
left join lateral (
    select max(autre.trimestre) as trimestre
    from {{ ref('stg_empreintes') }} as autre
    inner join {{ source('entrepot', 'recepisse') }} as recepisse_autre
        on autre.recepisse_id = recepisse_autre.recepisse_id
    where
        empreintes.tableau = 'beneficiaires'
        and autre.tableau = empreintes.tableau
        and autre.empreinte = empreintes.empreinte
        and autre.territoire_id = empreintes.territoire_id
        and autre.trimestre <> empreintes.trimestre
        and not exists (
            select
            from {{ ref('stg_identifications') }} as fichier
            inner join {{ ref('stg_identifications') }} as fichier_autre
                on fichier.empreinte_donnees = fichier_autre.empreinte_donnees
            where fichier.recepisse_id = empreintes.recepisse_id and fichier_autre.recepisse_id = autre.recepisse_id
        )
        and {{ faisait_foi('recepisse_autre', 'recepisse') }}
) as jumelle on true
left join lateral (
    select
        autre.territoire_id,
        autre.trimestre
    from {{ ref('stg_empreintes') }} as autre
    inner join {{ source('entrepot', 'recepisse') }} as recepisse_autre
        on autre.recepisse_id = recepisse_autre.recepisse_id
    where
        autre.tableau = empreintes.tableau
        and autre.empreinte = empreintes.empreinte
        and autre.territoire_id <> empreintes.territoire_id
        and {{ faisait_foi('recepisse_autre', 'recepisse') }}
    order by autre.trimestre = empreintes.trimestre desc, autre.trimestre desc, autre.recepisse_id desc
    limit 1
) as ailleurs on true
