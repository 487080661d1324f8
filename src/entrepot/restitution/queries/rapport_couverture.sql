-- One row a quarter: what became of the returns owed.
select
    dim_trimestre.trimestre,
    dim_trimestre.libelle,
    bilan.nb_acceptes as acceptes,
    bilan.nb_hors_delai as hors_delai,
    bilan.nb_rejetes as rejetes,
    bilan.nb_non_recus as non_recus,
    bilan.nb_attendus as attendus
from marts.bilan_retours as bilan
inner join marts.dim_trimestre using (trimestre)
where bilan.niveau = 'france'
