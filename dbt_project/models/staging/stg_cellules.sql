{{ config(indexes=[{'columns': ['recepisse_id', 'tableau', 'ligne']}]) }}

-- One row per filled cell of the form. Equal texts are read once, whatever the number of cells that hold them.
with

colonnes as (
    select
        lot.recepisse_id,
        lot.territoire_id,
        lot.trimestre,
        lot.millesime,
        tableau.tableau,
        tableau.feuille as feuille_no,
        feuille.nom as feuille,
        champ.champ,
        champ.genre,
        champ.type,
        champ.liste,
        coalesce(champ.attributs ->> 'borne', 'debut') as borne,
        place.colonne::integer as colonne
    from {{ ref('stg_recepisses') }} as lot
    inner join {{ source('brut', 'tableau') }} as tableau on lot.recepisse_id = tableau.recepisse_id
    inner join {{ source('brut', 'feuille') }} as feuille
        on tableau.recepisse_id = feuille.recepisse_id and tableau.feuille = feuille.feuille
    cross join lateral jsonb_each_text(tableau.colonnes) as place (champ, colonne)
    inner join {{ source('entrepot', 'champ_gabarit') }} as champ
        on
            lot.millesime = champ.millesime
            and tableau.tableau = champ.tableau
            and place.champ = champ.champ
    -- The receipt already holds territory and quarter; contacts serve the answer to the sender only.
    where champ.type not in ('code_cite', 'trimestre', 'contact')
),

cellules as (
    select
        colonnes.recepisse_id,
        colonnes.territoire_id,
        colonnes.trimestre,
        colonnes.millesime,
        colonnes.tableau,
        colonnes.feuille,
        ligne.ligne,
        colonnes.champ,
        colonnes.colonne,
        colonnes.type,
        colonnes.liste,
        colonnes.borne,
        ligne.cellules[colonnes.colonne] as texte,
        ligne.marques ->> colonnes.colonne::text as marque
    from colonnes
    inner join {{ source('brut', 'ligne') }} as ligne
        on
            colonnes.recepisse_id = ligne.recepisse_id
            and colonnes.feuille_no = ligne.feuille
            and colonnes.tableau = ligne.tableau
    where
        ligne.nature = 'donnee'
        and (colonnes.genre <> 'fiche' or colonnes.champ = ligne.repere)
        and (
            ligne.cellules[colonnes.colonne] is not null
            or ligne.marques ->> colonnes.colonne::text is not null
        )
),

textes as materialized (
    select distinct
        type,
        liste,
        borne,
        millesime,
        texte
    from cellules
    where texte is not null
),

ecritures as (
    select * from {{ ref('ref_ecritures') }}
),

cles as materialized (
    select distinct
        liste,
        millesime,
        texte,
        {{ function('normaliser') }}(texte) as cle,
        {{ function('mots') }}(texte) as mots
    from textes
    where type = 'choix'
),

choix as materialized (
    select
        cles.liste,
        cles.millesime,
        cles.texte,
        choisie.code,
        choisie.nature = 'autre_millesime' and not cles.millesime = any(choisie.millesimes) as autre_millesime
    from cles
    cross join lateral ({{ choisir('ecritures', 'cles') }}) as choisie
),

-- Each text is read once, by the one reading its type asks for.
nombres as materialized (
    select
        textes.texte,
        lu.valeur,
        lu.lecture
    from (
        select distinct texte
        from textes
        where type in ('entier', 'montant', 'decimal')
    ) as textes
    cross join lateral {{ function('lire_nombre') }}(textes.texte) as lu
),

jours as materialized (
    select
        textes.texte,
        textes.borne,
        lu.valeur,
        lu.lecture
    from (
        select distinct
            texte,
            borne
        from textes
        where type = 'date'
    ) as textes
    cross join lateral {{ function('lire_date') }}(textes.texte, textes.borne) as lu
),

generalites as materialized (
    select
        texte,
        {{ function('lire_etat') }}(texte) as etat_vide,
        regexp_replace(texte, '\s', '', 'g') ~ (
            '^(#(REF|N/A|N/D|DIV/0|VALUE|NAME|NUM|NULL|VALEUR|NOM|NOMBRE|NUL|SPILL|EPARS|CALC)[!?]?'
            || '|Err:[0-9]{3}|#{2,})$'
        ) as erreur,
        textuel and {{ function('contient_donnee_personnelle') }}(texte) as personnel
    from (
        select
            texte,
            bool_or(type not in ('entier', 'montant', 'decimal', 'date')) as textuel
        from textes
        group by texte
    ) as distincts
),

lus as materialized (
    select
        textes.type,
        textes.liste,
        textes.borne,
        textes.millesime,
        textes.texte,
        generalites.erreur,
        -- « Aucun » for a list of cofinancers.
        coalesce(generalites.etat_vide, case when sans_objet.code is not null then 'non_concerne' end) as etat_vide,
        generalites.personnel and textes.type not in ('entier', 'montant', 'decimal', 'date') as personnel,
        nombres.valeur as nombre,
        jours.valeur as jour,
        choix.code,
        coalesce(
            nombres.lecture,
            jours.lecture,
            case
                when textes.type = 'choix' and choix.code is null then 'modalite_inconnue'
                when choix.autre_millesime then 'autre_millesime'
            end
        ) as lecture
    from textes
    inner join generalites on textes.texte = generalites.texte
    left join nombres
        on textes.type in ('entier', 'montant', 'decimal') and textes.texte = nombres.texte
    left join jours
        on textes.type = 'date' and textes.texte = jours.texte and textes.borne = jours.borne
    left join choix
        on
            textes.type = 'choix'
            and textes.liste = choix.liste
            and textes.millesime = choix.millesime
            and textes.texte = choix.texte
    left join ecritures as sans_objet
        on
            textes.type = 'choix_multiple'
            and textes.liste = sans_objet.liste
            and sans_objet.code = 'sans_objet'
            and {{ function('mots') }}(textes.texte) = sans_objet.mots
),

juges as (
    select
        cellules.*,
        lus.nombre,
        lus.jour,
        lus.code,
        lus.etat_vide,
        case
            when cellules.marque in ('erreur_tableur', 'formule_sans_valeur') then cellules.marque
            when lus.erreur then 'erreur_tableur'
            when lus.etat_vide is not null then null
            when lus.personnel then 'donnee_personnelle'
            when
                lus.lecture in ('illisible', 'nombre_borne', 'nombres_multiples', 'modalite_inconnue')
                then lus.lecture
            when lus.nombre < 0 then 'negatif'
            -- A spreadsheet's own rounding noise is not a decimal. « 1.000 » is one or a thousand: nobody can tell.
            when
                cellules.type = 'entier'
                and (abs(lus.nombre - round(lus.nombre)) > 0.000001 or lus.lecture = 'milliers_ou_decimales')
                then 'decimal_pour_entier'
        end as defaut,
        case
            when lus.etat_vide is null and lus.lecture in (
                'nombre_environ', 'pourcentage_en_texte', 'milliers_ou_decimales', 'mois_seul', 'autre_millesime'
            ) then lus.lecture
        end as doute
    from cellules
    left join lus
        on
            cellules.type = lus.type
            and cellules.liste is not distinct from lus.liste
            and cellules.borne = lus.borne
            and cellules.millesime = lus.millesime
            and cellules.texte = lus.texte
)

select
    recepisse_id,
    territoire_id,
    trimestre,
    millesime,
    tableau,
    feuille,
    ligne,
    champ,
    colonne,
    type,
    liste,
    case when coalesce(defaut <> 'donnee_personnelle', true) then texte end as texte,
    case
        when defaut is not null then 'non_renseigne'
        when etat_vide is not null then etat_vide
        when texte is null then 'non_renseigne'
        -- « Sans objet » is one of the answers of some lists.
        when code = 'sans_objet' then 'non_concerne'
        when nombre = 0 then 'zero'
        else 'saisi'
    end as etat,
    array_remove(
        array[
            defaut,
            case when defaut is null then doute end,
            case when marque = 'fusion' then 'fusion' end
        ],
        null
    ) as lectures,
    case
        when defaut is null and type = 'entier' then round(nombre)
        when defaut is null then nombre
    end as valeur_nombre,
    case when defaut is null then jour end as valeur_date,
    case when defaut is null and code <> 'sans_objet' then code end as valeur_code,
    case
        when defaut is null and etat_vide is null and type in ('texte', 'texte_libre')
            then btrim(regexp_replace(texte, '\s+', ' ', 'g'))
    end as valeur_texte
from juges
