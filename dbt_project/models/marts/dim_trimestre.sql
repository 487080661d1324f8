{{ config(portee='tout') }}

select
    trimestre,
    'T' || numero || ' ' || annee as libelle,
    annee,
    numero,
    date_debut,
    date_fin,
    millesime,
    campagne,
    echeance,
    rang,
    ouvert
from {{ ref('int_trimestres') }}
