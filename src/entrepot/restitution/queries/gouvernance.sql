-- Shares of the closed questions; a question nobody answered has no row.
select
    trimestre,
    question,
    modalite,
    libelle_modalite,
    nombre,
    denominateur,
    part,
    nb_repondants,
    nb_attendus
from marts.bilan_gouvernance
where trimestre = %(trimestre)s and niveau = 'france' and modalite is not null
order by array_position(%(questions)s::text[], question), array_position(%(reponses)s::text[], modalite)
