-- Returns of the quarter that are counted, yet arrived after their due date.
select
    suivi.territoire_id,
    suivi.trimestre,
    territoire.nom,
    territoire.region,
    suivi.echeance,
    suivi.echeance + suivi.jours_retard as premier_accepte_le,
    suivi.jours_retard
from marts.suivi_retours as suivi
inner join marts.dim_territoire as territoire
    on suivi.territoire_id = territoire.territoire_id and territoire.est_actuel
where suivi.trimestre = %(trimestre)s and suivi.etat = 'accepte' and suivi.jours_retard > 0
order by suivi.jours_retard desc, territoire.nom
