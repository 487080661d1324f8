select trimestre
from marts.dim_trimestre
order by trimestre
