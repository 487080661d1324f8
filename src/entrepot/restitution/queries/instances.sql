-- Bodies of the quarter by level; shares over the bodies that answered the question.
select
    niveau,
    count(*) as instances,
    count(distinct territoire_id) as cites,
    count(*) filter (where adossee = 'oui') as adossees,
    count(adossee) as adossees_reponses,
    count(*) filter (where adossee = 'oui')::numeric / nullif(count(adossee), 0) as part_adossees,
    sum(reunions) as reunions,
    count(reunions) as reunions_reponses,
    (
        select count(*)
        from marts.suivi_retours
        where trimestre = %(trimestre)s and etat = 'accepte'
    ) as nb_repondants
from marts.fct_instances
where trimestre = %(trimestre)s
group by niveau
order by array_position(%(niveaux_instance)s::text[], niveau)
