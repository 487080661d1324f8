{{ config(
    portee='envois',
    par=[['trimestre']],
    lectures=[['trimestre', 'territoire_id']],
    a_la_lecture={'jours_retard': {
        'garde': "case when calculees.etat = 'accepte' then calculees.jours_retard end",
        'lu': "case
            when lues.etat in ('rejete', 'en_retard')
                then greatest(0, (@arrete_le at time zone 'Europe/Paris')::date - lues.echeance)
            else lues.jours_retard
        end"
    }}
) }}

-- What is owed, by territory and quarter, and what became of it. Time is that of the last receipt taken into account,
-- so that the same receipts always give the same release.
with

recus as (
    select
        territoire_id,
        trimestre,
        min(recu_le) filter (where verdict = 'accepte') as premier_accepte_le,
        min(recu_le) as premier_recu_le,
        count(*)::integer as nb_recepisses,
        (count(*) filter (where verdict = 'rejete'))::integer as nb_rejetes
    from {{ ref('int_recepisses') }}
    where territoire_id is not null and trimestre is not null and not derive
    group by territoire_id, trimestre
),

etats as (
    select
        territoires.territoire_id,
        territoires.nom,
        territoires.region,
        trimestres.trimestre,
        trimestres.echeance,
        (trimestres.arrete_le at time zone 'Europe/Paris')::date as arrete_le,
        recus.premier_recu_le,
        recus.premier_accepte_le,
        en_vigueur.recepisse_id,
        en_vigueur.recu_le,
        coalesce(recus.nb_recepisses, 0) as nb_recepisses,
        coalesce(recus.nb_rejetes, 0) as nb_rejetes,
        case
            when en_vigueur.recepisse_id is not null then 'accepte'
            when recus.nb_rejetes > 0 then 'rejete'
            when trimestres.echeance < (trimestres.arrete_le at time zone 'Europe/Paris')::date then 'en_retard'
            else 'attendu'
        end as etat
    from {{ ref('con_territoires') }} as territoires
    cross join {{ ref('int_trimestres') }} as trimestres
    left join recus
        on territoires.territoire_id = recus.territoire_id and trimestres.trimestre = recus.trimestre
    left join {{ ref('int_recepisses') }} as en_vigueur
        on
            territoires.territoire_id = en_vigueur.territoire_id
            and trimestres.trimestre = en_vigueur.trimestre
            and en_vigueur.en_vigueur
)

select
    etats.territoire_id,
    etats.nom,
    etats.region,
    etats.trimestre,
    etats.etat,
    etats.echeance,
    etats.premier_recu_le,
    etats.recepisse_id,
    etats.recu_le,
    etats.nb_recepisses,
    etats.nb_rejetes,
    case
        when etats.etat = 'accepte'
            then greatest(0, (etats.premier_accepte_le at time zone 'Europe/Paris')::date - etats.echeance)
        when etats.etat in ('rejete', 'en_retard') then greatest(0, etats.arrete_le - etats.echeance)
    end as jours_retard,
    constats.constats_valeur,
    constats.constats_suspicion
from etats
cross join
    lateral (
        select
            (count(*) filter (where trouves.severite = 'valeur'))::integer as constats_valeur,
            (count(*) filter (where trouves.severite = 'suspicion'))::integer as constats_suspicion
        from {{ source('entrepot', 'constat') }} as trouves
        where trouves.recepisse_id = etats.recepisse_id
    ) as constats
