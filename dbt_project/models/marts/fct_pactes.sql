{{ config(portee='tout') }}

select
    pactes.pacte_id,
    pactes.nom,
    pactes.departement,
    pactes.code_contrat,
    contrats.libelle as libelle_contrat,
    pactes.date_labellisation,
    pactes.vague,
    pactes.cite_id,
    'labellise' as etat,
    pactes.recepisse_id,
    pactes.ligne
from {{ ref('int_pactes') }} as pactes
left join (
    select
        code_contrat,
        string_agg(nom, ' ; ' order by code_geo) as libelle
    from {{ ref('con_contrats_ville') }}
    group by code_contrat
) as contrats on pactes.code_contrat = contrats.code_contrat
