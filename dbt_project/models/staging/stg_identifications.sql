{{ config(indexes=[{'columns': ['recepisse_id']}, {'columns': ['territoire_id', 'trimestre']}]) }}

-- One row per return.
with

lot as (
    select * from {{ ref('stg_recepisses') }}
    where genre = 'retour'
),

feuilles as (
    select
        lot.recepisse_id,
        feuille.nom as feuille,
        -- The line of the quarter stands for the sheet: every return that is accepted has it.
        min(ligne.ligne) filter (where ligne.repere = 'trimestre') as ligne
    from lot
    inner join {{ source('brut', 'ligne') }} as ligne
        on lot.recepisse_id = ligne.recepisse_id and ligne.tableau = 'identification'
    inner join {{ source('brut', 'feuille') }} as feuille
        on ligne.recepisse_id = feuille.recepisse_id and ligne.feuille = feuille.feuille
    group by lot.recepisse_id, feuille.nom
),

cellules as (
    select
        cellules.recepisse_id,
        {{ champ('nom_cite', 'valeur_texte') }},
        {{ champ('arrete_au', 'valeur_date') }},
        {{ champ('structure_porteuse', 'valeur_texte') }},
        {{ champ('type_structure', 'valeur_code') }},
        {{ champ('perimetre', 'valeur_code') }},
        {{ champ('version_gabarit', 'valeur_texte') }}
    from {{ ref('stg_cellules') }} as cellules
    inner join lot on cellules.recepisse_id = lot.recepisse_id
    where cellules.tableau = 'identification'
    group by cellules.recepisse_id
),

-- What the return says of the quarter, whatever the places of its lines: two returns with the same print are the same
-- file with another quarter typed in. A return without any action says too little to compare.
empreintes as (
    select
        cellules.recepisse_id,
        md5(
            string_agg(
                cellules.tableau || '|' || cellules.champ || '|' || cellules.texte,
                e'\n'
                order by cellules.tableau, cellules.ligne, cellules.champ
            )
        ) as empreinte
    from {{ ref('stg_cellules') }} as cellules
    inner join lot on cellules.recepisse_id = lot.recepisse_id
    where cellules.tableau in ('actions', 'beneficiaires')
    group by cellules.recepisse_id
    having bool_or(cellules.tableau = 'actions')
),

-- Names are compared by their runs of three letters (Dice), over the words that tell cités apart.
noms as (
    select
        territoire_id,
        {{ function('nom_distinctif') }}(nom) as nom
    from {{ ref('ref_territoires') }}
),

noms_declares as (
    select distinct {{ function('nom_distinctif') }}(nom_cite) as nom
    from cellules
    where nom_cite is not null
),

tous_les_noms as (
    select nom from noms
    union
    select nom from noms_declares
),

trigrammes as (
    select distinct
        tous_les_noms.nom,
        substr('  ' || mot.mot || ' ', rang.rang, 3) as trigramme
    from tous_les_noms
    cross join lateral regexp_split_to_table(tous_les_noms.nom, ' ') as mot (mot)
    cross join lateral generate_series(1, length(mot.mot) + 1) as rang (rang)
    where mot.mot <> ''
),

tailles as (
    select
        nom,
        count(*) as taille
    from trigrammes
    group by nom
),

communs as (
    select
        noms_declares.nom as nom_declare,
        noms.territoire_id,
        count(*) as communs,
        min(taille_officielle.taille) as taille_officielle
    from noms_declares
    inner join trigrammes as declares on noms_declares.nom = declares.nom
    inner join trigrammes as officiels on declares.trigramme = officiels.trigramme
    inner join noms on officiels.nom = noms.nom
    inner join tailles as taille_officielle on noms.nom = taille_officielle.nom
    group by noms_declares.nom, noms.territoire_id
),

ressemblances as (
    select
        communs.nom_declare,
        communs.territoire_id,
        2.0 * communs.communs / (communs.taille_officielle + tailles.taille) as ressemblance
    from communs
    inner join tailles on communs.nom_declare = tailles.nom
),

classements as (
    select
        nom_declare,
        territoire_id,
        ressemblance,
        max(ressemblance) over (partition by nom_declare) as meilleure
    from ressemblances
),

confusions as (
    select
        cellules.recepisse_id,
        (
            array_agg(classements.territoire_id order by classements.territoire_id)
            filter (where classements.ressemblance = classements.meilleure)
        )[1] as nom_ressemblant
    from cellules
    inner join lot on cellules.recepisse_id = lot.recepisse_id
    inner join classements on {{ function('nom_distinctif') }}(cellules.nom_cite) = classements.nom_declare
    group by cellules.recepisse_id
    -- A tie with the cité named by the identifier will do.
    having not coalesce(
        bool_or(classements.ressemblance = classements.meilleure and classements.territoire_id = lot.territoire_id),
        false
    )
)

select
    lot.recepisse_id,
    lot.territoire_id,
    lot.trimestre,
    lot.millesime,
    feuilles.feuille,
    feuilles.ligne,
    cellules.nom_cite,
    coalesce(cellules.nom_cite_etat, 'non_renseigne') as nom_cite_etat,
    cellules.arrete_au,
    coalesce(cellules.arrete_au_etat, 'non_renseigne') as arrete_au_etat,
    cellules.structure_porteuse,
    coalesce(cellules.structure_porteuse_etat, 'non_renseigne') as structure_porteuse_etat,
    cellules.type_structure,
    coalesce(cellules.type_structure_etat, 'non_renseigne') as type_structure_etat,
    cellules.perimetre,
    coalesce(cellules.perimetre_etat, 'non_renseigne') as perimetre_etat,
    cellules.version_gabarit,
    coalesce(cellules.version_gabarit_etat, 'non_renseigne') as version_gabarit_etat,
    confusions.nom_ressemblant,
    empreintes.empreinte as empreinte_donnees
from lot
left join feuilles on lot.recepisse_id = feuilles.recepisse_id
left join cellules on lot.recepisse_id = cellules.recepisse_id
left join confusions on lot.recepisse_id = confusions.recepisse_id
left join empreintes on lot.recepisse_id = empreintes.recepisse_id
