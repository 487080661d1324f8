{{ config(materialized='view') }}

-- Findings of the files known at the instant, each once, where it was last found. A lift counts from the moment it is
-- decided, without a release.
with

suivis as (
    {{ suivre_constats(
        ref('int_recepisses'),
        "case when " ~ passe_demande() ~ " then (select instants.instant from " ~ ref('instant')
        ~ " as instants) else 'infinity' end"
    ) | indent(4) }}
)

select
    suivis.reference,
    suivis.territoire_id,
    suivis.trimestre,
    suivis.recepisse_id,
    recepisse.nom_fichier,
    suivis.regle,
    suivis.severite,
    suivis.tableau,
    suivis.champ,
    suivis.feuille,
    suivis.cellule,
    suivis.valeur_vue,
    suivis.valeur_attendue,
    suivis.constat,
    suivis.qui_corrige,
    suivis.etat,
    suivis.etat_depuis,
    suivis.etat_recepisse_id,
    suivis.premier_constat_le,
    suivis.premier_recepisse_id,
    suivis.reponse,
    suivis.motif_levee
from suivis
inner join {{ source('entrepot', 'recepisse') }} as recepisse on suivis.recepisse_id = recepisse.recepisse_id
where suivis.derniere
