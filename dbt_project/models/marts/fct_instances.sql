{{ config(portee='retour', par=[['trimestre']], lectures=[['trimestre', 'territoire_id']]) }}

select
    instances.recepisse_id,
    instances.ligne,
    instances.territoire_id,
    instances.trimestre,
    instances.instance,
    instances.instance_etat,
    instances.niveau,
    instances.niveau_etat,
    instances.presidence,
    instances.presidence_etat,
    instances.adossee,
    instances.adossee_etat,
    instances.reunions,
    instances.reunions_etat
from {{ ref('int_instances') }} as instances
-- By quarter too: those of one quarter are then looked up.
inner join {{ ref('int_en_vigueur') }} as en_vigueur
    on instances.trimestre = en_vigueur.trimestre and instances.recepisse_id = en_vigueur.recepisse_id
