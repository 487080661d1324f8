{{ config(
    portee='suite_territoire',
    par=[['trimestre', 'public']],
    lectures=[['trimestre', 'public', 'indicateur', 'sexe'], ['territoire_id', 'trimestre']]
) }}

-- One comparable series per territory, public, step and sex: cumuls of 2022-2023 and flows of 2024 brought together. A
-- quarter without a value carries the last cumul on, and says so.
select
    etats.territoire_id,
    etats.trimestre,
    etats.public,
    etats.indicateur,
    etats.sexe,
    etats.nature,
    lus.valeur,
    coalesce(lus.etat, 'non_renseigne') as etat,
    etats.flux,
    etats.flux_nb_trimestres,
    etats.flux < 0 as flux_negatif,
    etats.cumul,
    etats.cumul_nature,
    etats.cumul_complet,
    lus.recepisse_id,
    lus.ligne,
    lus.colonne
from {{ ref('int_etats_beneficiaires') }} as etats
inner join {{ ref('con_territoires') }} as territoires on etats.territoire_id = territoires.territoire_id
left join {{ ref('int_beneficiaires') }} as lus
    on
        etats.recepisse_id = lus.recepisse_id
        and etats.public = lus.public
        and etats.indicateur = lus.indicateur
        and etats.sexe = lus.sexe
