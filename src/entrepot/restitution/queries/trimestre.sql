select
    trimestre,
    libelle,
    millesime,
    date_fin,
    echeance,
    ouvert
from marts.dim_trimestre
where trimestre = %(trimestre)s
