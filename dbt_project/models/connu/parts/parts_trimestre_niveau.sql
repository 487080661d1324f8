select
    trimestres.trimestre,
    niveaux.niveau
from {{ ref('con_trimestres') }} as trimestres
cross join (values ('territoire'), ('region'), ('france')) as niveaux (niveau)
