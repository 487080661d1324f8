-- Bodies by quarter and level; shares over the bodies that answered the question.
select
    trimestre,
    niveau,
    count(*) as instances,
    count(distinct territoire_id) as cites,
    count(*) filter (where adossee = 'oui') as adossees,
    count(adossee) as adossees_reponses,
    count(*) filter (where adossee = 'oui')::numeric / nullif(count(adossee), 0) as part_adossees,
    sum(reunions) as reunions,
    count(reunions) as reunions_reponses,
    max(repondants.nb_repondants) as nb_repondants
from marts.fct_instances
left join (
    select
        trimestre,
        nb_acceptes as nb_repondants
    from marts.bilan_retours
    where niveau = 'france'
) as repondants using (trimestre)
group by trimestre, niveau
