-- Labelled pactes: lists add up, and the last list that names a pacte says what is known of it.
select distinct on (lus.pacte_id)
    lus.pacte_id,
    lus.nom,
    lus.departement,
    lus.code_contrat,
    lus.date_labellisation,
    lus.vague,
    lus.cite_id,
    lus.recepisse_id,
    lus.feuille,
    lus.ligne
from {{ ref('int_pactes_listes') }} as lus
inner join {{ ref('int_recepisses') }} as recepisses on lus.recepisse_id = recepisses.recepisse_id
order by lus.pacte_id asc, recepisses.recu_le desc, lus.recepisse_id desc, lus.ligne asc
