{{ config(portee='campagne', par=[['campagne']]) }}

-- Each kind of partner in each campaign; the change over one year compares the territories that gave a note both times.
with

mesures as (
    select
        trimestres.campagne,
        coalesce((select sum(nombres.cites) from unnest(bilans.nombres_associes) as nombres (cites)), 0)::integer
            as nb_repondants,
        bilans.nb_attendus,
        partenaires.code as partenaire,
        partenaires.libelle,
        coalesce({{ somme_partenaire('reponses_associe') }}, 0)::numeric as nb_reponses_associe,
        coalesce({{ somme_partenaire('associes') }}, 0)::numeric as nb_associes,
        coalesce({{ somme_partenaire('cofinanceurs') }}, 0)::numeric as nb_cofinanceurs,
        coalesce({{ somme_partenaire('notes') }}, 0)::numeric as nb_notes,
        coalesce({{ somme_partenaire('satisfaits') }}, 0)::numeric as nb_satisfaits,
        {{ somme_partenaire('total_notes') }}::numeric as total_notes,
        coalesce({{ somme_partenaire('communs') }}, 0)::numeric as nb_communs,
        {{ somme_partenaire('total_avant') }}::numeric as total_avant,
        {{ somme_partenaire('total_apres') }}::numeric as total_apres,
        {{ somme_partenaire('satisfaits_avant') }}::numeric as satisfaits_avant,
        {{ somme_partenaire('satisfaits_apres') }}::numeric as satisfaits_apres
    from {{ ref('int_bilans') }} as bilans
    inner join {{ ref('con_trimestres') }} as trimestres on bilans.trimestre = trimestres.trimestre
    inner join {{ ref('con_modalites') }} as partenaires on partenaires.liste = 'partenaires'
    inner join {{ ref('int_listes') }} as listes
        on listes.liste = 'partenaires' and partenaires.code = listes.code
    where bilans.niveau = 'france' and trimestres.campagne is not null
)

select
    campagne,
    partenaire,
    libelle,
    nb_repondants,
    nb_attendus,
    nb_reponses_associe::integer as nb_reponses_associe,
    nb_associes::integer as nb_associes,
    round(nb_associes / nullif(nb_reponses_associe, 0), 6) as part_associes,
    nb_cofinanceurs::integer as nb_cofinanceurs,
    nb_notes::integer as nb_notes,
    nb_satisfaits::integer as nb_satisfaits,
    round(nb_satisfaits / nullif(nb_notes, 0), 6) as part_satisfaits,
    round(total_notes / nullif(nb_notes, 0), 6) as note_moyenne,
    nb_communs::integer as nb_communs,
    round(total_avant / nullif(nb_communs, 0), 6) as note_moyenne_communs_avant,
    round(total_apres / nullif(nb_communs, 0), 6) as note_moyenne_communs,
    round(total_apres / nullif(nb_communs, 0), 6) - round(total_avant / nullif(nb_communs, 0), 6) as evolution_note,
    round(satisfaits_avant / nullif(nb_communs, 0), 6) as part_satisfaits_communs_avant,
    round(satisfaits_apres / nullif(nb_communs, 0), 6) as part_satisfaits_communs,
    {{ arrete_le() }} as arrete_le
from mesures
