-- Territories with no accepted return for the quarter.
select
    territoire.nom,
    territoire.region,
    suivi.etat,
    suivi.echeance
from marts.suivi_retours as suivi
inner join marts.dim_territoire as territoire
    on suivi.territoire_id = territoire.territoire_id and territoire.est_actuel
where suivi.trimestre = %(trimestre)s and suivi.etat <> 'accepte'
order by territoire.nom
