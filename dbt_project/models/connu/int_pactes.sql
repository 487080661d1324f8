-- Labelled pactes: lists add up, and the last list that names a pacte says what is known of it.
with

-- A cité keeps its name as a pacte: the names must agree on every word that tells cités apart.
cites as (
    select
        noms.nom_distinctif,
        min(territoires.territoire_id) as cite_id
    from {{ ref('con_territoires') }} as territoires
    inner join {{ ref('int_noms_cites') }} as noms on territoires.nom = noms.nom
    group by noms.nom_distinctif
    having count(*) = 1
),

derniers as (
    select distinct on (lus.pacte_id) lus.*
    from {{ ref('int_pactes_listes') }} as lus
    inner join {{ ref('int_recepisses') }} as recepisses on lus.recepisse_id = recepisses.recepisse_id
    order by lus.pacte_id asc, recepisses.recu_le desc, lus.recepisse_id desc, lus.ligne asc
)

select
    derniers.pacte_id,
    derniers.nom,
    derniers.departement,
    derniers.code_contrat,
    derniers.date_labellisation,
    derniers.vague,
    cites.cite_id,
    derniers.recepisse_id,
    derniers.feuille,
    derniers.ligne
from derniers
left join cites on derniers.nom_distinctif = cites.nom_distinctif
