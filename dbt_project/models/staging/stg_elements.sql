{{ config(indexes=[{'columns': ['recepisse_id']}]) }}

-- One row per item of a cell that holds several; equal texts are split once.
with

cellules as (
    select cellules.*
    from {{ ref('stg_cellules') }} as cellules
    inner join {{ ref('stg_recepisses') }} as lot on cellules.recepisse_id = lot.recepisse_id
    where
        cellules.type in ('codes_qpv', 'codes_contrat', 'choix_multiple')
        and cellules.etat = 'saisi'
),

textes as materialized (
    select distinct
        type,
        liste,
        millesime,
        texte
    from cellules
),

noms as (
    select
        code_qpv as code,
        {{ function('mots') }}(nom_qpv) as nom
    from {{ ref('ref_territoires_qpv2015') }}
    union
    select
        code_qpv as code,
        {{ function('mots') }}(nom_qpv) as nom
    from {{ ref('ref_qpv2024_communes') }}
    union
    select
        code_contrat as code,
        {{ function('mots') }}(nom) as nom
    from {{ ref('ref_contrats_ville') }}
),

codes as materialized (
    select
        textes.type,
        textes.liste,
        textes.millesime,
        textes.texte,
        lu.rang,
        lu.texte as element,
        lu.code,
        lu.lecture
    from textes
    cross join lateral {{ function('lire_codes') }}(textes.texte) as lu
    where textes.type in ('codes_qpv', 'codes_contrat')
),

-- « QP049001 - Belle Beille, Savary »: a piece of the name of a code of the cell is no unknown code.
codes_sans_noms as (
    select *
    from codes
    where
        code is not null
        or not exists (
            select
            from codes as voisin
            inner join noms on voisin.code = noms.code
            where
                voisin.type = codes.type
                and voisin.millesime = codes.millesime
                and voisin.texte = codes.texte
                and ' ' || noms.nom || ' ' like '% ' || {{ function('mots') }}(codes.element) || ' %'
        )
),

ecritures as (
    select * from {{ ref('ref_ecritures') }}
),

-- A whole label may hold a comma, a slash or an « et » (« CCAS / CIAS »): pieces are cut smaller only if they mean
-- nothing.
morceaux as materialized (
    select
        textes.type,
        textes.liste,
        textes.millesime,
        textes.texte,
        grand.rang as grand_rang,
        grand.element,
        {{ function('normaliser') }}(grand.element) as cle,
        {{ function('mots') }}(grand.element) as mots
    from textes
    cross join
        lateral regexp_split_to_table(textes.texte, '[;|\u000a-\u000d]+') with ordinality as grand (element, rang)
    where textes.type = 'choix_multiple'
),

entiers as (
    select
        morceaux.*,
        choisie.code,
        choisie.nature,
        choisie.millesimes
    from morceaux
    left join lateral ({{ choisir('ecritures', 'morceaux', noms_propres=false) }}) as choisie on true
),

petits as materialized (
    select
        row_number() over () as petit,
        entiers.type,
        entiers.liste,
        entiers.millesime,
        entiers.texte,
        entiers.grand_rang,
        petit.rang as petit_rang,
        petit.element,
        {{ function('normaliser') }}(petit.element) as cle,
        {{ function('mots') }}(petit.element) as mots
    from entiers
    cross join lateral regexp_split_to_table(entiers.element, '[,/]+') with ordinality as petit (element, rang)
    where entiers.code is null
),

petits_entiers as materialized (
    select
        petits.*,
        choisie.code,
        choisie.nature,
        choisie.millesimes
    from petits
    left join lateral ({{ choisir('ecritures', 'petits', noms_propres=false) }}) as choisie on true
),

miettes as materialized (
    select
        petits_entiers.petit,
        petits_entiers.liste,
        miette.rang as miette_rang,
        miette.element,
        {{ function('normaliser') }}(miette.element) as cle,
        {{ function('mots') }}(miette.element) as mots
    from petits_entiers
    cross join
        lateral regexp_split_to_table(petits_entiers.element, '\s+(et|&|\+)\s+', 'i')
        with ordinality as miette (element, rang)
    where petits_entiers.code is null and petits_entiers.element ~* '\s(et|&|\+)\s'
),

miettes_lues as materialized (
    select
        miettes.*,
        choisie.code,
        choisie.nature,
        choisie.millesimes
    from miettes
    left join lateral ({{ choisir('ecritures', 'miettes') }}) as choisie on true
),

-- « CAF et Les Amis » names two partners, one of them unknown; « Mission locale de Chalon et Mâcon » names one.
partages as (
    select petit
    from miettes_lues
    group by petit
    having bool_and(code is not null) or bool_or(nature <> 'contient')
),

choisis as (
    select
        type,
        liste,
        millesime,
        texte,
        grand_rang,
        1 as petit_rang,
        1 as miette_rang,
        element,
        code,
        nature,
        millesimes
    from entiers
    where code is not null
    union all
    select
        petits.type,
        petits.liste,
        petits.millesime,
        petits.texte,
        petits.grand_rang,
        petits.petit_rang,
        miettes_lues.miette_rang,
        miettes_lues.element,
        miettes_lues.code,
        miettes_lues.nature,
        miettes_lues.millesimes
    from miettes_lues
    inner join partages on miettes_lues.petit = partages.petit
    inner join petits on miettes_lues.petit = petits.petit
    union all
    select
        petits.type,
        petits.liste,
        petits.millesime,
        petits.texte,
        petits.grand_rang,
        petits.petit_rang,
        1 as miette_rang,
        petits.element,
        choisie.code,
        choisie.nature,
        choisie.millesimes
    from petits
    left join partages on petits.petit = partages.petit
    left join lateral ({{ choisir('ecritures', 'petits') }}) as choisie on true
    where partages.petit is null
),

elements as (
    select
        type,
        liste,
        millesime,
        texte,
        rang,
        element,
        code,
        lecture
    from codes_sans_noms
    union all
    select
        type,
        liste,
        millesime,
        texte,
        row_number() over (
            partition by liste, millesime, texte order by grand_rang, petit_rang, miette_rang
        )::integer as rang,
        btrim(element) as element,
        code,
        case
            when code is null then 'modalite_inconnue'
            when nature = 'autre_millesime' and not millesime = any(millesimes) then 'autre_millesime'
        end as lecture
    from choisis
    where {{ function('lire_etat') }}(element) is null and code is distinct from 'sans_objet'
),

places as (
    select
        cellules.recepisse_id,
        cellules.territoire_id,
        cellules.trimestre,
        cellules.millesime,
        cellules.feuille,
        cellules.ligne,
        cellules.tableau,
        cellules.champ,
        cellules.colonne,
        cellules.type,
        elements.rang,
        elements.element as texte,
        elements.code,
        elements.lecture
    from cellules
    inner join elements
        on
            cellules.type = elements.type
            and cellules.liste is not distinct from elements.liste
            and cellules.millesime = elements.millesime
            and cellules.texte = elements.texte
),

qpv_connus as (
    select code_qpv as code from {{ ref('ref_territoires_qpv2015') }}
    union
    select code_qpv as code from {{ ref('ref_qpv2024_communes') }}
),

contrats_connus as (
    select distinct code_contrat as code
    from {{ ref('ref_contrats_ville') }}
),

-- Official list of 2015; for 2024, no list but the communes of the cité (codes of the COG 2025, as in the QPV list).
qpv_des_cites as (
    select
        territoire_id,
        code_qpv as code
    from {{ ref('ref_territoires_qpv2015') }}
    union
    select
        communes.territoire_id,
        qpv.code_qpv as code
    from {{ ref('ref_territoires_communes') }} as communes
    inner join {{ ref('ref_qpv2024_communes') }} as qpv on communes.code_commune_2025 = qpv.code_commune
),

-- Overseas lags behind: each quarter says which neighbourhoods and contracts it asks for, here and there.
generations as (
    select
        territoires.territoire_id,
        trimestres.trimestre,
        case
            when territoires.departements ~ '^97' then trimestres.qpv_outre_mer else trimestres.qpv_metropole
        end as generation
    from {{ ref('ref_territoires') }} as territoires
    cross join {{ ref('ref_trimestres') }} as trimestres
),

juges as (
    select
        places.recepisse_id,
        places.territoire_id,
        places.trimestre,
        places.millesime,
        places.feuille,
        places.ligne,
        places.tableau,
        places.champ,
        places.colonne,
        places.type,
        places.rang,
        places.texte,
        places.lecture,
        case
            when places.type = 'codes_qpv' then qpv_connus.code
            when places.type = 'codes_contrat' then contrats_connus.code
            else places.code
        end as code,
        case when places.type in ('codes_qpv', 'codes_contrat') then generations.generation end as generation_attendue,
        case when places.type = 'codes_qpv' then qpv_des_cites.code is not null end as dans_cite
    from places
    inner join generations
        on places.territoire_id = generations.territoire_id and places.trimestre = generations.trimestre
    left join qpv_connus on places.type = 'codes_qpv' and places.code = qpv_connus.code
    left join contrats_connus on places.type = 'codes_contrat' and places.code = contrats_connus.code
    left join qpv_des_cites
        on
            places.type = 'codes_qpv'
            and places.territoire_id = qpv_des_cites.territoire_id
            and places.code = qpv_des_cites.code
),

couverts as (
    select
        recepisse_id,
        array_agg(code) as codes
    from juges
    where champ = 'qpv_couverts' and code is not null
    group by recepisse_id
)

select
    juges.recepisse_id,
    juges.territoire_id,
    juges.trimestre,
    juges.millesime,
    juges.feuille,
    juges.ligne,
    juges.tableau,
    juges.champ,
    juges.colonne,
    juges.type,
    juges.rang,
    juges.texte,
    juges.code,
    juges.code is not null as connu,
    case when juges.code is not null then juges.dans_cite end as dans_cite,
    case
        when juges.champ = 'qpv_concernes' and juges.code is not null then juges.code = any(couverts.codes)
    end as dans_couverts,
    case
        when juges.code is null or juges.generation_attendue is null then null
        when juges.code ~ '^(QN|CN)' then '2024'
        else '2015'
    end as generation,
    juges.generation_attendue,
    case
        when juges.code is null
            then
                array[
                    case
                        when juges.type in ('codes_qpv', 'codes_contrat') then 'code_inconnu' else 'modalite_inconnue'
                    end
                ]
        else array_remove(
            array[
                juges.lecture,
                case
                    when
                        juges.type = 'codes_qpv'
                        and (juges.code ~ '^QN') <> (juges.generation_attendue = '2024')
                        then 'autre_millesime'
                end
            ],
            null
        )
    end as lectures
from juges
left join couverts on juges.recepisse_id = couverts.recepisse_id
