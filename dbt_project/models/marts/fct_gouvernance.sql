{{ config(portee='retour', par=[['trimestre']], lectures=[['trimestre', 'territoire_id']]) }}

select
    reponses.territoire_id,
    reponses.trimestre,
    reponses.question,
    reponses.libelle_question,
    reponses.liste,
    reponses.valeur_code,
    modalites.libelle as libelle_valeur,
    reponses.valeur_nombre,
    reponses.valeur_date,
    reponses.etat,
    reponses.recepisse_id,
    reponses.ligne,
    reponses.colonne
from {{ ref('int_gouvernance') }} as reponses
-- By quarter too: those of one quarter are then looked up.
inner join {{ ref('int_en_vigueur') }} as en_vigueur
    on reponses.trimestre = en_vigueur.trimestre and reponses.recepisse_id = en_vigueur.recepisse_id
left join {{ ref('con_modalites') }} as modalites
    on reponses.liste = modalites.liste and reponses.valeur_code = modalites.code
