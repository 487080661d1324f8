-- Territories with no accepted return for the quarter.
select
    suivi.nom,
    suivi.region,
    suivi.etat,
    suivi.echeance
from marts.suivi_retours as suivi
where suivi.trimestre = %(trimestre)s and suivi.etat <> 'accepte'
order by suivi.nom
