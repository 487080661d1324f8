-- Regions together, and the whole country.
select
    trimestres.trimestre,
    niveaux.niveau
from {{ ref('con_trimestres') }} as trimestres
cross join (values ('region'), ('france')) as niveaux (niveau)
