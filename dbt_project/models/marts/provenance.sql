{{ config(materialized='view') }}

-- From a value of a mart to the cells it was typed in: every filled cell of the returns in force.
with

-- Not kept aside: a question on some territories and quarters would read the cells of all of them first.
cellules as not materialized (
    select
        lues.recepisse_id,
        -- Of the receipt, so that a question on some territories and quarters leads to their receipts.
        en_vigueur.territoire_id,
        en_vigueur.trimestre,
        lues.tableau,
        lues.champ,
        lues.ligne,
        lues.colonne,
        lues.feuille,
        lues.texte,
        recepisses.nom_fichier,
        {{ etat_accepte('lues.champ', 'lues.etat') }} as etat,
        {{ regles_du_champ('lues.champ') }} as regle
    from {{ ref('stg_cellules') }} as lues
    inner join {{ ref('int_en_vigueur') }} as en_vigueur on lues.recepisse_id = en_vigueur.recepisse_id
    inner join {{ source('entrepot', 'recepisse') }} as recepisses on lues.recepisse_id = recepisses.recepisse_id
    left join {{ ref('int_rejets') }} as rejets
        on
            lues.recepisse_id = rejets.recepisse_id
            and lues.tableau = rejets.tableau
            and lues.ligne = rejets.ligne
),

cles as (
    select
        cellules.*,
        'fct_' || cellules.tableau as mart,
        cellules.recepisse_id || '|' || cellules.ligne as cle,
        cellules.champ as colonne_du_mart
    from cellules
    where cellules.tableau in ('actions', 'instances')
    union all
    -- A series without sex rests on the women's and the men's cells.
    select
        cellules.*,
        'fct_beneficiaires' as mart,
        cellules.territoire_id || '|' || cellules.trimestre || '|' || serie.public || '|' || lues.indicateur
        || '|' || serie.sexe as cle,
        'valeur' as colonne_du_mart
    from cellules
    inner join {{ ref('stg_beneficiaires') }} as lues
        on
            cellules.recepisse_id = lues.recepisse_id
            and cellules.ligne = lues.ligne
            and cellules.champ = lues.champ
    cross join
        lateral (
            select
                lues.public,
                lues.sexe
            union
            select
                lues.public,
                'T' as sexe
            union
            select
                'femmes' as public,
                'T' as sexe
            where lues.sexe = 'F' and lues.public = 'ensemble'
        ) as serie
    where cellules.tableau = 'beneficiaires'
    union all
    select
        cellules.*,
        'fct_gouvernance' as mart,
        cellules.territoire_id || '|' || cellules.trimestre || '|' || cellules.champ as cle,
        'valeur' as colonne_du_mart
    from cellules
    where cellules.tableau = 'gouvernance'
    union all
    select
        cellules.*,
        'fct_partenariats' as mart,
        cellules.territoire_id || '|' || trimestres.campagne || '|' || lues.partenaire as cle,
        cellules.champ as colonne_du_mart
    from cellules
    inner join {{ ref('stg_partenaires') }} as lues
        on cellules.recepisse_id = lues.recepisse_id and cellules.ligne = lues.ligne
    inner join {{ ref('int_trimestres') }} as trimestres on cellules.trimestre = trimestres.trimestre
    where cellules.tableau = 'partenaires' and lues.partenaire is not null and cellules.champ <> 'commentaire'
)

select
    mart,
    cle,
    colonne_du_mart as champ,
    territoire_id,
    trimestre,
    recepisse_id,
    nom_fichier,
    feuille,
    {{ function('coordonnee') }}(colonne, ligne) as cellule,
    texte as texte_saisi,
    etat,
    regle
from cles
union all
select
    'fct_pactes' as mart,
    pactes.pacte_id as cle,
    champs.champ,
    pactes.cite_id as territoire_id,
    null as trimestre,
    pactes.recepisse_id,
    recepisses.nom_fichier,
    pactes.feuille,
    {{ function('coordonnee') }}((tableau.colonnes ->> champs.champ_lu)::integer, pactes.ligne) as cellule,
    ligne.cellules[(tableau.colonnes ->> champs.champ_lu)::integer] as texte_saisi,
    'saisi' as etat,
    {{ regles_du_champ('champs.champ_lu') }} as regle
from {{ ref('int_pactes') }} as pactes
inner join {{ ref('int_recepisses') }} as recepisses on pactes.recepisse_id = recepisses.recepisse_id
inner join {{ source('brut', 'tableau') }} as tableau
    on pactes.recepisse_id = tableau.recepisse_id and tableau.tableau = 'pactes_liste'
inner join {{ source('brut', 'ligne') }} as ligne
    on
        tableau.recepisse_id = ligne.recepisse_id
        and tableau.feuille = ligne.feuille
        and pactes.ligne = ligne.ligne
cross join (
    values
    ('nom', 'territoire'),
    ('departement', 'departement'),
    ('code_contrat', 'contrat_ville'),
    ('date_labellisation', 'date_labellisation'),
    ('vague', 'vague')
) as champs (champ, champ_lu)
left join {{ ref('int_rejets') }} as rejets
    on
        pactes.recepisse_id = rejets.recepisse_id
        and rejets.tableau = 'pactes_liste'
        and pactes.ligne = rejets.ligne
where ligne.cellules[(tableau.colonnes ->> champs.champ_lu)::integer] is not null
