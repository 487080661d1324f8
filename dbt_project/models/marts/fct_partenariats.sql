select
    territoire_id,
    campagne,
    partenaire,
    trimestre,
    associe,
    associe_etat,
    cofinanceur,
    cofinanceur_etat,
    satisfaction,
    satisfaction_etat,
    recepisse_id,
    ligne
from {{ ref('int_partenariats') }}
where en_vigueur
