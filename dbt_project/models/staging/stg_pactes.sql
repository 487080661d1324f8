{{ config(indexes=[{'columns': ['recepisse_id']}]) }}

-- One row per line of a list of labelled pactes. The list has no vintage: its columns are read here.
with

lignes as (
    select
        lot.recepisse_id,
        feuille.nom as feuille,
        ligne.ligne,
        ligne.cellules[(tableau.colonnes ->> 'territoire')::integer] as territoire,
        ligne.cellules[(tableau.colonnes ->> 'departement')::integer] as departement,
        ligne.cellules[(tableau.colonnes ->> 'contrat_ville')::integer] as contrat_ville,
        ligne.cellules[(tableau.colonnes ->> 'date_labellisation')::integer] as date_labellisation,
        ligne.cellules[(tableau.colonnes ->> 'vague')::integer] as vague
    from {{ ref('stg_recepisses') }} as lot
    inner join {{ source('brut', 'tableau') }} as tableau
        on lot.recepisse_id = tableau.recepisse_id and tableau.tableau = 'pactes_liste'
    inner join {{ source('brut', 'feuille') }} as feuille
        on tableau.recepisse_id = feuille.recepisse_id and tableau.feuille = feuille.feuille
    inner join {{ source('brut', 'ligne') }} as ligne
        on
            tableau.recepisse_id = ligne.recepisse_id
            and tableau.feuille = ligne.feuille
            and ligne.tableau = 'pactes_liste'
            and ligne.nature = 'donnee'
),

contrats as (
    select distinct code_contrat
    from {{ ref('ref_contrats_ville') }}
)

select
    lignes.recepisse_id,
    lignes.feuille,
    lignes.ligne,
    case when {{ function('lire_etat') }}(lignes.territoire) is null then btrim(lignes.territoire) end
        as territoire_texte,
    coalesce({{ function('lire_etat') }}(lignes.territoire), 'saisi') as territoire_etat,
    departements.code_departement as departement,
    lignes.departement as departement_texte,
    contrats.code_contrat,
    lignes.contrat_ville as contrat_texte,
    case
        when contrats.code_contrat is not null then 'saisi'
        else coalesce({{ function('lire_etat') }}(lignes.contrat_ville), 'non_renseigne')
    end as code_contrat_etat,
    jour.valeur as date_labellisation,
    lignes.date_labellisation as date_texte,
    case
        when jour.valeur is not null then 'saisi'
        else coalesce({{ function('lire_etat') }}(lignes.date_labellisation), 'non_renseigne')
    end as date_labellisation_etat,
    case when {{ function('lire_etat') }}(lignes.vague) is null then btrim(lignes.vague) end as vague
from lignes
left join lateral {{ function('lire_date') }}(lignes.date_labellisation, 'debut') as jour on true
left join lateral (
    select codes.code
    from {{ function('lire_codes') }}(lignes.contrat_ville) as codes
    where codes.code is not null
    order by codes.rang
    limit 1
) as lu on true
left join contrats on lu.code = contrats.code_contrat
-- « 01 », « 1 », « 01 - Ain », « Ain » or « Ain (01) ».
left join {{ ref('ref_departements') }} as departements
    on
        -- A single digit lost its zero.
        regexp_replace(
            substring(upper(lignes.departement) from '\m([0-9]{1,3}|2[AB])\M'), '^([0-9])$', '0\1'
        ) = departements.code_departement
        or {{ function('mots') }}(lignes.departement) = {{ function('mots') }}(departements.nom)
