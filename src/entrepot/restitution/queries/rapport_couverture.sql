-- One row a quarter: what became of the returns owed.
select
    dim_trimestre.trimestre,
    dim_trimestre.libelle,
    count(*) filter (where suivi.etat = 'accepte') as acceptes,
    count(*) filter (where suivi.etat = 'accepte' and suivi.jours_retard > 0) as hors_delai,
    count(*) filter (where suivi.etat = 'rejete') as rejetes,
    count(*) filter (where suivi.etat in ('en_retard', 'attendu')) as non_recus,
    count(*) as attendus
from marts.suivi_retours as suivi
inner join marts.dim_trimestre using (trimestre)
group by dim_trimestre.trimestre, dim_trimestre.libelle
