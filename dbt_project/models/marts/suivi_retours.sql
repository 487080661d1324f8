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

etats as (
    select
        territoires.territoire_id,
        territoires.nom,
        territoires.region,
        trimestres.trimestre,
        trimestres.echeance,
        (trimestres.arrete_le at time zone 'Europe/Paris')::date as arrete_le,
        envois.premier_recu_le,
        envois.premier_accepte_le,
        envois.recepisse_id,
        envois.recu_le,
        coalesce(envois.nb_recepisses, 0) as nb_recepisses,
        coalesce(envois.nb_rejetes, 0) as nb_rejetes,
        coalesce(envois.constats_valeur, 0) as constats_valeur,
        coalesce(envois.constats_suspicion, 0) as constats_suspicion,
        case
            when envois.recepisse_id is not null then 'accepte'
            when envois.nb_rejetes > 0 then 'rejete'
            when exists (
                select 1
                from {{ ref('con_dispenses') }} as dispenses
                where
                    dispenses.territoire_id = territoires.territoire_id
                    and trimestres.trimestre between dispenses.premier_trimestre and dispenses.dernier_trimestre
            ) then 'dispense'
            when trimestres.echeance < (trimestres.arrete_le at time zone 'Europe/Paris')::date then 'en_retard'
            else 'attendu'
        end as etat
    from {{ ref('con_territoires') }} as territoires
    cross join {{ ref('int_trimestres') }} as trimestres
    left join {{ ref('int_envois') }} as envois
        on
            trimestres.trimestre = envois.trimestre
            and territoires.territoire_id = envois.territoire_id
            and envois.connu_du <= (select instants.instant from {{ ref('instant') }} as instants)
            and envois.connu_au > (select instants.instant from {{ ref('instant') }} as instants)
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
    etats.constats_valeur,
    etats.constats_suspicion
from etats
