{#
    Findings followed from one file of a territory and quarter to the next: a row for each finding of each file, with the
    state of the finding it is the same as in the other files (columns from `etat` on).

    Two findings are the same when the rule, the table, the field and what the line is about are: the question of a
    fiche, the public of a cross table, the first field of a list (the number of an action, a partner, a body) where no
    file has it twice, else the number of the line. The value seen does not count, but for the items of a cell that holds
    several, and for what has no field: those are told apart by it.

    A file whose cells were not checked (rejected, or not checked yet) mends nothing but the structure of the one before.
    An answer, or a lift by the ANCT, holds as long as the value is the one that it speaks of.

    Args:
      recepisses: the receipts that count (recepisse_id, territoire_id, trimestre, recu_le);
      leves_au: moment up to which lifts count.
#}
{% macro suivre_constats(recepisses, leves_au) -%}
select
    envois.territoire_id,
    envois.trimestre,
    envois.recepisse_seul,
    suivis.*
from (
    select
        connus.territoire_id,
        connus.trimestre,
        case when connus.territoire_id is null or connus.trimestre is null then connus.recepisse_id end
            as recepisse_seul,
        array_agg(connus.recepisse_id order by connus.recu_le, connus.recepisse_id) as recepisses
    from {{ recepisses }} as connus
    group by 1, 2, 3
) as envois
cross join lateral (
    with

    recus as materialized (
        select
            ordonnes.rang,
            recepisse.recepisse_id,
            recepisse.recu_le,
            recepisse.genre,
            recepisse.millesime,
            exists (
                select from {{ source('entrepot', 'traitement') }} as traitement
                where traitement.recepisse_id = recepisse.recepisse_id and traitement.etape = 'controle'
            ) as controle
        from unnest(envois.recepisses) with ordinality as ordonnes (recepisse_id, rang)
        inner join {{ source('entrepot', 'recepisse') }} as recepisse
            on ordonnes.recepisse_id = recepisse.recepisse_id
    ),

    trouves as materialized (
        select
            constat.*,
            recus.rang,
            champ.genre,
            champ.type,
            ligne.repere,
            'R' || constat.recepisse_id || '-' || upper(left(md5(jsonb_build_array(
                constat.regle, constat.tableau, constat.champ, constat.feuille, constat.ligne, constat.colonne,
                constat.valeur
            )::text), 10)) as reference,
            {{ function('normaliser') }}(coalesce(
                case when constat.valeur = '(texte masqué)' then ligne.cellules[constat.colonne] end, constat.valeur, ''
            )) as vue
        from recus
        inner join {{ source('entrepot', 'constat') }} as constat on recus.recepisse_id = constat.recepisse_id
        left join {{ source('entrepot', 'champ_gabarit') }} as champ
            on
                recus.millesime = champ.millesime
                and constat.tableau = champ.tableau
                and constat.champ = champ.champ
        left join {{ source('brut', 'tableau') }} as place
            on constat.recepisse_id = place.recepisse_id and constat.tableau = place.tableau
        left join {{ source('brut', 'ligne') }} as ligne
            on
                place.recepisse_id = ligne.recepisse_id
                and place.feuille = ligne.feuille
                and constat.ligne = ligne.ligne
    ),

    -- What the lines of lists are about, and how often a file says it.
    lignes as materialized (
        select
            place.recepisse_id,
            place.tableau,
            ligne.ligne,
            sujet.cle,
            count(*) over (partition by place.recepisse_id, place.tableau, sujet.cle) as homonymes
        from recus
        inner join {{ source('brut', 'tableau') }} as place on recus.recepisse_id = place.recepisse_id
        inner join {{ source('entrepot', 'champ_gabarit') }} as tete
            on recus.millesime = tete.millesime and place.tableau = tete.tableau and tete.rang = 1
        inner join {{ source('brut', 'ligne') }} as ligne
            on
                place.recepisse_id = ligne.recepisse_id
                and place.feuille = ligne.feuille
                and place.tableau = ligne.tableau
                and ligne.nature = 'donnee'
        cross join lateral (
            select
                case
                    when tete.type = 'entier'
                        then ltrim(
                            substring(ligne.cellules[(place.colonnes ->> tete.champ)::integer] from '\d+'), '0'
                        )
                    else {{ function('normaliser') }}(ligne.cellules[(place.colonnes ->> tete.champ)::integer])
                end as cle
        ) as sujet
        where
            cardinality(envois.recepisses) > 1
            and tete.genre = 'liste'
            and place.tableau in (select trouves.tableau from trouves where trouves.ligne is not null)
            and sujet.cle <> ''
    ),

    identifies as (
        select
            trouves.*,
            case
                when trouves.champ is null and trouves.ligne is null
                    then {{ function('normaliser') }}(coalesce(trouves.feuille, ''))
                when trouves.champ is null and trouves.vue <> '' then trouves.vue
                when trouves.genre = 'fiche' or trouves.ligne is null then ''
                when trouves.genre = 'croise' and trouves.repere is not null then trouves.repere
                when uniques.plus = 1 then 'n° ' || uniques.cle
                else 'ligne ' || trouves.ligne
            end
            || case
                when trouves.type in ('choix_multiple', 'codes_qpv', 'codes_contrat') then ' : ' || trouves.vue else ''
            end as identite
        from trouves
        left join (
            select
                lignes.*,
                max(lignes.homonymes) over (partition by lignes.tableau, lignes.cle) as plus
            from lignes
        ) as uniques
            on
                trouves.recepisse_id = uniques.recepisse_id
                and trouves.tableau = uniques.tableau
                and trouves.ligne = uniques.ligne
    ),

    -- The same fault may stand twice in a file: the first is followed by the first, the second by the second.
    numerotes as (
        select
            identifies.*,
            row_number() over (
                partition by rang, regle, tableau, champ, identite order by ligne, colonne, valeur, constat_id
            ) as exemplaire
        from identifies
    ),

    occurrences as materialized (
        select
            numerotes.*,
            dense_rank() over (order by regle, tableau, champ, identite, exemplaire) as fil,
            array_agg(rang) over un_fil as rangs,
            rang = max(rang) over un_fil as derniere
        from numerotes
        window un_fil as (partition by regle, tableau, champ, identite, exemplaire)
    ),

    -- What the sender wrote on our sheet of a file sent back, beside the reference of a finding.
    reponses as materialized (
        select
            recus.rang,
            recus.recepisse_id,
            recus.recu_le,
            occurrences.fil,
            occurrences.vue,
            ligne.ligne,
            btrim(ligne.cellules[entete.colonne]) as texte
        from recus
        inner join {{ source('brut', 'feuille') }} as feuille
            on
                recus.recepisse_id = feuille.recepisse_id
                and {{ function('normaliser') }}(feuille.nom) = 'retour anct'
        cross join lateral (
            select titres.colonne
            from {{ source('brut', 'ligne') }} as titre
            cross join lateral unnest(titre.cellules) with ordinality as titres (texte, colonne)
            where
                titre.recepisse_id = feuille.recepisse_id
                and titre.feuille = feuille.feuille
                and {{ function('normaliser') }}(titres.texte) = 'votre reponse'
            order by titre.ligne, titres.colonne
            limit 1
        ) as entete
        inner join {{ source('brut', 'ligne') }} as ligne
            on
                feuille.recepisse_id = ligne.recepisse_id
                and feuille.feuille = ligne.feuille
                and ligne.cellules[entete.colonne] is not null
        cross join lateral unnest(ligne.cellules) as cases (texte)
        inner join occurrences on btrim(cases.texte) = occurrences.reference
    ),

    leves as materialized (
        select
            occurrences.fil,
            occurrences.vue,
            levee.levee_le,
            levee.motif
        from {{ source('entrepot', 'levee') }} as levee
        inner join occurrences on levee.reference = occurrences.reference
        where levee.recepisse_id = any(envois.recepisses) and levee.levee_le <= {{ leves_au }}
    ),

    etats as (
        select
            dernieres.fil,
            premiers.recu_le as premier_constat_le,
            premiers.recepisse_id as premier_recepisse_id,
            reponse.texte as reponse,
            case
                when correction.genre = 'retrait' then 'Retour retiré par l''ANCT.'
                when correction.rang is null then leve.motif
            end as motif_levee,
            case
                when correction.genre = 'retrait' then 'leve'
                when correction.rang is not null then 'corrige'
                when leve.fil is not null then 'leve'
                when {{ function('normaliser') }}(reponse.texte) ~ '^\W*contest' then 'conteste'
                when reponse.fil is not null then 'justifie'
                else 'ouvert'
            end as etat,
            case
                when correction.rang is not null then correction.recu_le
                when leve.fil is not null then leve.levee_le
                else greatest(reponse.recu_le, debut.recu_le)
            end as etat_depuis,
            case
                when correction.rang is not null then correction.recepisse_id
                when leve.fil is not null then null
                when reponse.rang > debut.rang then reponse.recepisse_id
                else debut.recepisse_id
            end as etat_recepisse_id
        from occurrences as dernieres
        inner join recus as premiers on premiers.rang = (select min(r.rang) from unnest(dernieres.rangs) as r (rang))
        left join lateral (
            select
                recus.rang,
                recus.recepisse_id,
                recus.recu_le,
                recus.genre
            from recus
            where recus.rang > dernieres.rang and (recus.controle or dernieres.severite = 'structure')
            order by recus.rang
            limit 1
        ) as correction on true
        -- Mended once and there again: open since it came back.
        inner join lateral (
            select
                recus.rang,
                recus.recepisse_id,
                recus.recu_le
            from recus
            where
                recus.rang = any(dernieres.rangs)
                and recus.rang > coalesce((
                    select max(sans.rang) from recus as sans
                    where
                        sans.rang < dernieres.rang
                        and sans.rang <> all(dernieres.rangs)
                        and (sans.controle or dernieres.severite = 'structure')
                ), 0)
            order by recus.rang
            limit 1
        ) as debut on true
        left join lateral (
            select
                reponses.fil,
                reponses.rang,
                reponses.recepisse_id,
                reponses.recu_le,
                reponses.texte
            from reponses
            where reponses.fil = dernieres.fil and reponses.vue = dernieres.vue and reponses.texte <> ''
            order by reponses.rang desc, reponses.ligne desc
            limit 1
        ) as reponse on true
        left join lateral (
            select
                leves.fil,
                leves.levee_le,
                leves.motif
            from leves
            where leves.fil = dernieres.fil and leves.vue = dernieres.vue
            order by leves.levee_le desc
            limit 1
        ) as leve on true
        where dernieres.derniere
    )

    select
        occurrences.recepisse_id,
        occurrences.reference,
        occurrences.derniere,
        occurrences.regle,
        occurrences.severite,
        occurrences.tableau,
        occurrences.champ,
        occurrences.feuille,
        occurrences.ligne,
        occurrences.colonne,
        {{ function('coordonnee') }}(occurrences.colonne, occurrences.ligne) as cellule,
        {{ masque('occurrences.valeur') }} as valeur_vue,
        {{ masque('occurrences.attendu') }} as valeur_attendue,
        {{ masque('occurrences.message') }} as constat,
        occurrences.qui_corrige,
        etats.etat,
        etats.etat_depuis,
        etats.etat_recepisse_id,
        etats.premier_constat_le,
        etats.premier_recepisse_id,
        {{ masque('etats.reponse') }} as reponse,
        {{ masque('etats.motif_levee') }} as motif_levee
    from occurrences
    inner join etats on occurrences.fil = etats.fil
) as suivis
{%- endmacro %}
