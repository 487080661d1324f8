{{ config(materialized='table') }}

-- What the release that is being built can change: territories and quarters of the receipts it is the first to know,
-- the scopes these territories belong to, the campaigns in which these quarters are compared, the quarters of which
-- something was received or fell due, and whether the last quarter shown is another than before.
with

parution as (
    select *
    from {{ source('entrepot', 'parution') }}
    where statut = 'en_cours'
),

nouveaux as (
    select
        vigueur.territoire_id,
        vigueur.trimestre
    from {{ source('entrepot', 'connaissance') }} as connaissance
    inner join {{ source('entrepot', 'vigueur') }} as vigueur on connaissance.recepisse_id = vigueur.recepisse_id
    where connaissance.parution_id = (select parution.parution_id from parution)
),

campagnes as (
    select
        trimestre,
        campagne,
        lead(campagne) over (order by trimestre) as suivante
    from {{ ref('con_trimestres') }}
    where campagne is not null
),

envois as (
    select recepisse.trimestre
    from {{ source('entrepot', 'connaissance') }} as connaissance
    inner join {{ source('entrepot', 'recepisse') }} as recepisse on connaissance.recepisse_id = recepisse.recepisse_id
    inner join parution on connaissance.parution_id = parution.parution_id
    where recepisse.trimestre is not null
    union
    select trimestres.trimestre
    from {{ ref('con_trimestres') }} as trimestres
    inner join parution
        on
            trimestres.echeance >= (parution.arrete_precedent at time zone 'Europe/Paris')::date - 1
            and trimestres.echeance <= (parution.arretee_le at time zone 'Europe/Paris')::date
),

derniers as (
    select
        max(vigueur.trimestre) filter (where vigueur.connu_au = 'infinity') as maintenant,
        max(vigueur.trimestre) filter (
            where vigueur.connu_du <= parution.arrete_precedent and vigueur.connu_au > parution.arrete_precedent
        ) as avant
    from parution
    cross join {{ source('entrepot', 'vigueur') }} as vigueur
    where
        vigueur.genre = 'retour'
        and vigueur.connu_du < vigueur.connu_au
        and (vigueur.connu_au = 'infinity' or vigueur.connu_au > parution.arrete_precedent)
)

select
    parution.parution_id,
    parution.complete,
    coalesce((select array_agg(distinct nouveaux.territoire_id) from nouveaux), '{}')::text as territoires,
    coalesce((select array_agg(distinct nouveaux.trimestre) from nouveaux), '{}')::text as trimestres,
    (select min(nouveaux.trimestre) from nouveaux) as premier_trimestre,
    coalesce((
        select array_agg(distinct perimetres.code)
        from {{ ref('int_perimetres') }} as perimetres
        where perimetres.territoire_id in (select nouveaux.territoire_id from nouveaux)
    ), '{}')::text as codes,
    coalesce((
        select array_agg(distinct campagne.campagne)
        from campagnes
        cross join lateral (values (campagnes.campagne), (campagnes.suivante)) as campagne (campagne)
        where campagnes.trimestre in (select nouveaux.trimestre from nouveaux) and campagne.campagne is not null
    ), '{}')::text as campagnes,
    coalesce((select array_agg(envois.trimestre) from envois), '{}')::text as envois,
    coalesce((
        select array_agg(distinct recepisse.territoire_id)
        from {{ source('entrepot', 'connaissance') }} as connaissance
        inner join {{ source('entrepot', 'recepisse') }} as recepisse
            on connaissance.recepisse_id = recepisse.recepisse_id
        where connaissance.parution_id = parution.parution_id and recepisse.territoire_id is not null
    ), '{}')::text as expediteurs,
    coalesce(derniers.maintenant, '') <> coalesce(derniers.avant, '') as ouverture
from parution
cross join derniers
