select
    trimestre,
    libelle,
    millesime,
    date_fin,
    echeance
from marts.dim_trimestre
where trimestre = %(trimestre)s
