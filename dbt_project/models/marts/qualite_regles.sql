{{ config(materialized='view') }}

-- The rules of today, each on every quarter shown, on the lists of the national team, or on every release: what they
-- looked at and what they found. Nothing found where nothing was looked at is no rule kept.
with

jeu as (
    select jeux.empreinte
    from {{ source('entrepot', 'jeu_regles') }} as jeux
    order by jeux.applique_le desc
    limit 1
),

regles as materialized (
    select
        regles.*,
        case
            when regles.garde = 'parution' then 'parution'
            when regles.garde = 'listes' then 'listes'
            when regles.severite = 'structure' then 'fichiers'
            else 'retours'
        end as porte_sur
    from {{ source('entrepot', 'regle') }} as regles
    where regles.empreinte = (select jeu.empreinte from jeu) and regles.severite <> 'interne'
),

recepisses as materialized (
    select
        connus.recepisse_id,
        connus.trimestre,
        connus.genre = 'retour' and not connus.derive as envoye,
        case when connus.genre = 'retour' then connus.en_vigueur else connus.verdict = 'accepte' end as retenu,
        controles.lignes
    from {{ ref('int_recepisses') }} as connus
    left join (
        select
            retours.recepisse_id,
            retours.lignes
        from {{ source('entrepot', 'retour_controle') }} as retours
        inner join {{ source('entrepot', 'passage') }} as passages on retours.passage_id = passages.passage_id
        where passages.empreinte = (select jeu.empreinte from jeu)
    ) as controles on connus.recepisse_id = controles.recepisse_id
    where
        connus.genre in ('liste_pactes', 'registre_corrections')
        or (connus.genre = 'retour' and connus.trimestre is not null)
),

-- A return that was checked was looked at by every rule, even where it has no row in the table that the rule guards; a
-- list, by those of its own table. Reading looks at every file.
regardes as materialized (
    select
        recepisses.trimestre,
        count(*) filter (where recepisses.retenu) as nb_retenus,
        count(*) filter (where recepisses.retenu and recepisses.lignes is not null) as nb_controles,
        count(*) filter (where recepisses.envoye) as nb_envoyes
    from recepisses
    where recepisses.trimestre is not null
    group by recepisses.trimestre
),

lignes as materialized (
    select
        recepisses.trimestre,
        tables.nom as table_gardee,
        count(*) as nb_receveurs,
        sum(tables.nombre::bigint)::bigint as nombre
    from recepisses
    cross join lateral jsonb_each_text(recepisses.lignes) as tables (nom, nombre)
    where recepisses.retenu
    group by recepisses.trimestre, tables.nom
),

constats as materialized (
    select
        trouves.regle,
        recepisses.trimestre,
        count(distinct recepisses.recepisse_id) as nb_en_defaut,
        count(*) as nb_constats
    from recepisses
    inner join {{ source('entrepot', 'constat') }} as trouves on recepisses.recepisse_id = trouves.recepisse_id
    where case when trouves.severite = 'structure' then recepisses.envoye else recepisses.retenu end
    group by trouves.regle, recepisses.trimestre
),

periodes as (
    select trimestres.trimestre
    from {{ ref('int_trimestres') }} as trimestres
    where trimestres.ouvert
    union all
    select null as trimestre
),

des_retours as (
    select
        regles.regle,
        periodes.trimestre,
        null::bigint as parution_id,
        {{ arrete_le() }} as arrete_le,
        coalesce(
            case
                when regles.porte_sur = 'listes' then lignes.nb_receveurs
                when regles.porte_sur = 'fichiers' then regardes.nb_envoyes
                when regles.garde = 'lecture' then regardes.nb_retenus
                else regardes.nb_controles
            end, 0
        ) as nb_regardes,
        case when regles.garde <> 'lecture' then coalesce(lignes.nombre, 0) end as nb_lignes,
        coalesce(constats.nb_en_defaut, 0) as nb_en_defaut,
        coalesce(constats.nb_constats, 0) as nb_constats,
        null::boolean as reussie
    from regles
    inner join periodes on (regles.porte_sur = 'listes') = (periodes.trimestre is null)
    left join regardes on periodes.trimestre = regardes.trimestre
    left join lignes
        on regles.table_gardee = lignes.table_gardee and periodes.trimestre is not distinct from lignes.trimestre
    left join constats
        on regles.regle = constats.regle and periodes.trimestre is not distinct from constats.trimestre
    where regles.porte_sur <> 'parution'
),

des_parutions as (
    select
        regles.regle,
        null::text as trimestre,
        parutions.parution_id,
        parutions.arretee_le as arrete_le,
        null::bigint as nb_regardes,
        case when resultats.regle is null then 0 else resultats.lignes end as nb_lignes,
        case when resultats.reussi then 0 else resultats.en_defaut end as nb_en_defaut,
        null::bigint as nb_constats,
        resultats.reussi as reussie
    from regles
    cross join {{ source('entrepot', 'parution') }} as parutions
    left join {{ source('entrepot', 'passage') }} as passages on parutions.parution_id = passages.parution_id
    left join {{ source('entrepot', 'resultat') }} as resultats
        on passages.passage_id = resultats.passage_id and regles.regle = resultats.regle
    where
        regles.porte_sur = 'parution'
        and parutions.statut = 'publiee'
        and parutions.parution_id <= (select arretes.parution_id from {{ ref('arrete') }} as arretes)
        and parutions.arretee_le <= (select instants.instant from {{ ref('instant') }} as instants)
),

resultats as (
    select
        reunis.*,
        reunis.nb_en_defaut::numeric / nullif(reunis.nb_regardes, 0) as part,
        case
            when reunis.parution_id is not null and reunis.reussie is null then 'jamais_controlee'
            when reunis.parution_id is null and reunis.nb_regardes = 0 then 'jamais_controlee'
            when coalesce(reunis.reussie, reunis.nb_en_defaut = 0) then 'tenue'
            else 'enfreinte'
        end as etat
    from (
        select * from des_retours
        union all
        select * from des_parutions
    ) as reunis
)

select
    resultats.regle,
    resultats.trimestre,
    resultats.parution_id,
    regles.porte_sur,
    regles.table_gardee,
    regles.severite,
    regles.qui_corrige,
    regles.phrase,
    resultats.etat,
    resultats.nb_regardes,
    resultats.nb_lignes,
    resultats.nb_en_defaut,
    resultats.nb_constats,
    round(resultats.part, 6) as part,
    lag(resultats.etat) over suite as etat_precedent,
    lag(resultats.nb_en_defaut) over suite as nb_en_defaut_precedent,
    round(lag(resultats.part) over suite, 6) as part_precedente,
    round(resultats.part - lag(resultats.part) over suite, 6) as evolution,
    resultats.arrete_le
from resultats
inner join regles on resultats.regle = regles.regle
window suite as (partition by resultats.regle order by resultats.trimestre, resultats.parution_id)
