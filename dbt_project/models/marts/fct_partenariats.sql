{{ config(portee='retour', par=[['trimestre']], lectures=[['campagne', 'territoire_id']]) }}

select
    lus.territoire_id,
    lus.campagne,
    lus.partenaire,
    lus.trimestre,
    lus.associe,
    lus.associe_etat,
    lus.cofinanceur,
    lus.cofinanceur_etat,
    lus.satisfaction,
    lus.satisfaction_etat,
    lus.recepisse_id,
    lus.ligne
from {{ ref('int_partenariats') }} as lus
-- By quarter too: those of one quarter are then looked up.
inner join {{ ref('int_en_vigueur') }} as en_vigueur
    on lus.trimestre = en_vigueur.trimestre and lus.recepisse_id = en_vigueur.recepisse_id
