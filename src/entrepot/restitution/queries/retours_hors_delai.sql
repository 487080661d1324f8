-- Returns of the quarter that are counted, yet arrived after their due date.
select
    suivi.territoire_id,
    suivi.trimestre,
    suivi.nom,
    suivi.region,
    suivi.echeance,
    suivi.echeance + suivi.jours_retard as premier_accepte_le,
    suivi.jours_retard
from marts.suivi_retours as suivi
where suivi.trimestre = %(trimestre)s and suivi.etat = 'accepte' and suivi.jours_retard > 0
order by suivi.jours_retard desc, suivi.nom
