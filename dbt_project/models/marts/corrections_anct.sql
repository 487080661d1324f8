{{ config(portee='tout', lectures=[['territoire_id', 'trimestre']]) }}

-- A line is applied if the return in force carries it; a withdrawal, once the return it names is withdrawn. Two ledgers
-- that hold the same correction (one ledger kept over time, sent again) tell the same state.
with

lignes as (
    select
        correction.*,
        registre.recu_le,
        row_number() over (
            partition by correction.identite, correction.recevable
            order by registre.recu_le, correction.registre_id, correction.ligne
        ) > 1 as deja_connue
    from {{ source('entrepot', 'correction') }} as correction
    inner join {{ ref('int_recepisses') }} as registre on correction.registre_id = registre.recepisse_id
),

appliquees as (
    select
        premiere.identite,
        recepisses.recepisse_id,
        recepisses.recu_le,
        feuille.nom as feuille,
        {{ function('coordonnee') }}(appliquee.colonne::integer, appliquee.ligne) as cellule
    from {{ source('entrepot', 'correction_appliquee') }} as appliquee
    inner join {{ source('entrepot', 'correction') }} as premiere
        on appliquee.registre_id = premiere.registre_id and appliquee.registre_ligne = premiere.ligne
    inner join {{ ref('int_recepisses') }} as recepisses on appliquee.recepisse_id = recepisses.recepisse_id
    left join {{ source('brut', 'feuille') }} as feuille
        on appliquee.origine_id = feuille.recepisse_id and appliquee.feuille = feuille.feuille
    where recepisses.en_vigueur or recepisses.genre = 'retrait'
)

select distinct on (lignes.registre_id, lignes.ligne)
    lignes.registre_id,
    lignes.ligne,
    lignes.recu_le,
    lignes.territoire_id,
    lignes.trimestre,
    lignes.tableau,
    case when not {{ function('contient_donnee_personnelle') }}(lignes.repere) then lignes.repere end as repere,
    lignes.champ,
    case when not {{ function('contient_donnee_personnelle') }}(lignes.ancienne) then lignes.ancienne end
        as ancienne_valeur,
    case when not {{ function('contient_donnee_personnelle') }}(lignes.nouvelle) then lignes.nouvelle end
        as nouvelle_valeur,
    lignes.motif,
    lignes.piece as piece_justificative,
    lignes.auteur,
    lignes.date_decision,
    case
        when not lignes.recevable then 'rejetee'
        when appliquees.recepisse_id is not null then 'appliquee'
        when en_vigueur.recepisse_id is null then 'en_attente'
        else 'sans_effet'
    end as etat,
    lignes.deja_connue,
    case when lignes.recevable then appliquees.recepisse_id end as recepisse_id,
    case when lignes.recevable then appliquees.feuille end as feuille,
    case when lignes.recevable then appliquees.cellule end as cellule
from lignes
left join appliquees on lignes.identite = appliquees.identite
left join {{ ref('int_recepisses') }} as en_vigueur
    on
        lignes.territoire_id = en_vigueur.territoire_id
        and lignes.trimestre = en_vigueur.trimestre
        and en_vigueur.en_vigueur
order by lignes.registre_id asc, lignes.ligne asc, appliquees.recu_le desc, appliquees.recepisse_id desc
