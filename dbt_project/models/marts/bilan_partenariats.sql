{{ config(portee='tout') }}

-- Each kind of partner in each campaign; the change over one year compares the territories that gave a note both times.
with

mesures as (
    select
        campagne,
        partenaire,
        count(*) filter (where associe) as nb_associes,
        count(associe) as nb_reponses_associe,
        count(*) filter (where cofinanceur) as nb_cofinanceurs,
        count(satisfaction) as nb_notes,
        count(*) filter (where satisfaction >= 3) as nb_satisfaits,
        round(avg(satisfaction), 6) as note_moyenne
    from {{ ref('fct_partenariats') }}
    group by campagne, partenaire
),

campagnes as (
    select
        campagne,
        nb_repondants,
        nb_attendus,
        arrete_le,
        lag(campagne) over (order by campagne) as campagne_precedente
    from {{ ref('bilan_partenariats_synthese') }}
),

communs as (
    select
        campagnes.campagne,
        apres.partenaire,
        count(*) as nb_communs,
        round(avg(avant.satisfaction), 6) as note_avant,
        round(avg(apres.satisfaction), 6) as note_apres,
        round(avg((avant.satisfaction >= 3)::integer), 6) as part_avant,
        round(avg((apres.satisfaction >= 3)::integer), 6) as part_apres
    from campagnes
    inner join {{ ref('fct_partenariats') }} as apres on campagnes.campagne = apres.campagne
    inner join {{ ref('fct_partenariats') }} as avant
        on
            campagnes.campagne_precedente = avant.campagne
            and apres.territoire_id = avant.territoire_id
            and apres.partenaire = avant.partenaire
    where avant.satisfaction is not null and apres.satisfaction is not null
    group by campagnes.campagne, apres.partenaire
)

select
    campagnes.campagne,
    partenaires.code as partenaire,
    partenaires.libelle,
    campagnes.nb_repondants,
    campagnes.nb_attendus,
    coalesce(mesures.nb_reponses_associe, 0)::integer as nb_reponses_associe,
    coalesce(mesures.nb_associes, 0)::integer as nb_associes,
    round(mesures.nb_associes::numeric / nullif(mesures.nb_reponses_associe, 0), 6) as part_associes,
    coalesce(mesures.nb_cofinanceurs, 0)::integer as nb_cofinanceurs,
    coalesce(mesures.nb_notes, 0)::integer as nb_notes,
    coalesce(mesures.nb_satisfaits, 0)::integer as nb_satisfaits,
    round(mesures.nb_satisfaits::numeric / nullif(mesures.nb_notes, 0), 6) as part_satisfaits,
    mesures.note_moyenne,
    coalesce(communs.nb_communs, 0)::integer as nb_communs,
    communs.note_avant as note_moyenne_communs_avant,
    communs.note_apres as note_moyenne_communs,
    communs.note_apres - communs.note_avant as evolution_note,
    communs.part_avant as part_satisfaits_communs_avant,
    communs.part_apres as part_satisfaits_communs,
    campagnes.arrete_le
from campagnes
cross join {{ ref('con_modalites') }} as partenaires
left join mesures on campagnes.campagne = mesures.campagne and partenaires.code = mesures.partenaire
left join communs on campagnes.campagne = communs.campagne and partenaires.code = communs.partenaire
where partenaires.liste = 'partenaires'
